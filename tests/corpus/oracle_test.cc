// zext beside the running kernel, over programs/ at -O2 v3: no fault that Linux finds is accepted.
// Prints who accepts what. Where bpf(2) is not to be had it says so and skips.

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <string>
#include <tuple>

#include "tests/corpus/builds.h"
#include "tests/corpus/judgement.h"
#include "tests/corpus/linux.h"
#include "tests/corpus/misses.h"

namespace zext::corpus {
namespace {

constexpr char kBuild[] = "O2_v3";
constexpr unsigned kEvery = 5;  // of the faults, to be done in seconds

const char* name_of(Answer answer) {
  switch (answer) {
    case Answer::kAccepts:
      return "accepts";
    case Answer::kRejects:
      return "rejects";
    case Answer::kNoAnswer:
      return "does not say";
  }
  return "";
}

class Comparison {
 public:
  void add(const std::string& what, bool accepted, Answer linux_says) {
    ++counts_[{what, accepted, linux_says}];
  }
  void print() const {
    for (const auto& [key, count] : counts_) {
      const auto& [what, accepted, linux_says] = key;
      std::printf("%5zu %-21s zext %s, Linux %s\n", count, what.c_str(),
                  accepted ? "accepts" : "rejects", name_of(linux_says));
    }
  }
  size_t answers() const {
    size_t sum = 0;
    for (const auto& [key, count] : counts_) {
      if (std::get<2>(key) != Answer::kNoAnswer) sum += count;
    }
    return sum;
  }

 private:
  std::map<std::tuple<std::string, bool, Answer>, size_t> counts_;
};

TEST(Oracle, FindsNoFaultThatZextAccepts) {
  if (const auto why = why_not_linux()) GTEST_SKIP() << "no kernel to ask: " << *why;
  Comparison comparison;
  size_t asked = 0;
  for (const Source& source : sources()) {
    for (const Build& build : source.builds) {
      if (build.name != kBuild) continue;
      const bool safe = build.fault == 0;
      if (!safe && ++asked % kEvery != 0) continue;
      const std::vector<uint8_t> object = read(build);
      // That misses are misses is verdict_test's to find out, and takes long.
      const bool missed = safe && miss_of(source.name, build.name) != nullptr;
      const bool accepted = !missed && judge(object).accepted;
      const Answer linux_says = ask_linux(object);
      comparison.add(safe ? "safe" : source.fault(build.fault).kind, accepted, linux_says);
      if (safe && accepted != (linux_says == Answer::kAccepts)) {
        std::printf("%s: zext %s, Linux %s\n", source.name.c_str(),
                    accepted ? "accepts" : "rejects", name_of(linux_says));
      }
      if (!safe && linux_says == Answer::kRejects) {
        EXPECT_FALSE(accepted) << source.name << ", fault " << build.fault << ": "
                               << source.fault(build.fault).text;
      }
    }
  }
  comparison.print();
  EXPECT_GT(comparison.answers(), asked / kEvery / 2) << "Linux said nothing of most";
}

}  // namespace
}  // namespace zext::corpus
