// Verdicts over programs/: every safe program is accepted in each of its builds, but for
// misses.txt; no faulty one is, and the reason given is of the fault's kind, but for reasons.txt.
// Prints what it saw; the whole at once with `bazel run //tests/corpus:verdict_test`.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/corpus/builds.h"
#include "tests/corpus/judgement.h"
#include "tests/corpus/misses.h"

namespace zext::corpus {
namespace {

constexpr size_t kBuilds = 12;           // of a safe program
constexpr char kFaultBuild[] = "O2_v3";  // the one that every fault has
constexpr double kLeastAccepted = 0.97;  // of programs times builds

// Which reasons say what is wrong with a fault of a kind.
struct Fitting {
  std::string_view kind;
  std::initializer_list<std::string_view> reasons;
};
const Fitting kFitting[] = {
    {"context-access",
     {"context-access", "context-write", "pointer-arithmetic", "region-bounds",
      "structure-access"}},
    {"helper-argument",
     {"helper-argument", "helper-map", "helper-not-allowed", "helper-size", "packet-bounds",
      "pointer-arithmetic", "stack-bounds"}},
    {"lock-balance", {"lock-balance", "locked-call"}},
    {"map-bounds", {"map-bounds", "pointer-offset", "region-bounds"}},
    {"null-check", {"null-pointer"}},
    {"packet-bounds", {"meta-bounds", "packet-bounds"}},
    {"pointer-arithmetic", {"pointer-arithmetic", "pointer-offset"}},
    {"read-only-write", {"packet-access", "read-only-write", "special-field", "structure-write"}},
    {"reference-leak", {"reference-leak", "reference-release"}},
    {"return-range", {"callback-result", "return-range"}},
    {"stack-bounds", {"pointer-offset", "stack-bounds"}},
    {"stack-depth", {"call-depth", "stack-depth"}},
    {"stale-packet-pointer", {"not-a-pointer"}},
    {"termination", {"call-depth", "termination"}},
    {"type-confusion",
     {"function-argument", "helper-argument", "mixed-pointers", "not-a-pointer", "special-field"}},
    {"uninitialised", {"uninitialised-register", "uninitialised-stack"}},
};

bool fits(const std::string& kind, const std::string& reason) {
  const auto* row = std::ranges::find(kFitting, kind, &Fitting::kind);
  return row != std::end(kFitting) && std::ranges::find(row->reasons, reason) != row->reasons.end();
}

// reasons.txt: faults that are found for another reason than their kind has.
bool may_be_found_for(const Source& source, const Build& build, const std::string& reason) {
  static const auto kRows = table("tests/corpus/reasons.txt", 3);
  return std::ranges::any_of(kRows, [&](const auto& row) {
    return row[0] == source.name && row[1] == std::to_string(build.fault) && row[2] == reason;
  });
}

// What all tests of this process saw.
class Summary : public testing::Environment {
 public:
  void add(const Judgement& judgement) { milliseconds_.push_back(judgement.milliseconds); }
  void add_safe(bool accepted, const Miss* miss) {
    ++safe_;
    if (accepted) ++accepted_;
    if (!accepted) ++causes_[miss == nullptr ? "not in misses.txt" : miss->cause];
  }
  void add_fault(const std::string& kind, const Judgement& judgement) {
    ++faults_[{kind, judgement.accepted ? "ACCEPTED" : judgement.reason}];
  }

  void TearDown() override {
    if (milliseconds_.empty()) return;
    std::printf(
        "safe programs times builds: %zu, accepted %zu (%.1f %%)\n", safe_, accepted_,
        100.0 * static_cast<double>(accepted_) / static_cast<double>(std::max<size_t>(safe_, 1)));
    for (const auto& [cause, count] : causes_) std::printf("  %5zu %s\n", count, cause.c_str());
    std::printf("faults, by kind and the reason they are rejected for:\n");
    for (const auto& [key, count] : faults_) {
      std::printf("  %5zu %-21s %s\n", count, key.first.c_str(), key.second.c_str());
    }
    std::ranges::sort(milliseconds_);
    double sum = 0;
    for (const double one : milliseconds_) sum += one;
    std::printf(
        "verification of %zu objects: median %.3f ms, 99 %% %.1f ms, worst %.1f ms, sum %.1f s\n",
        milliseconds_.size(), at(0.5), at(0.99), milliseconds_.back(), sum / 1000);
  }

 private:
  double at(double fraction) const {
    return milliseconds_[static_cast<size_t>(fraction *
                                             static_cast<double>(milliseconds_.size() - 1))];
  }

  size_t safe_ = 0;
  size_t accepted_ = 0;
  std::map<std::string, size_t> causes_;
  std::map<std::pair<std::string, std::string>, size_t> faults_;
  std::vector<double> milliseconds_;
};

Summary& summary() {
  // GoogleTest owns it.
  static auto* const kSummary =
      static_cast<Summary*>(testing::AddGlobalTestEnvironment(new Summary));
  return *kSummary;
}

class Programs : public testing::TestWithParam<Source> {};

void check_safe(const Source& source, const Build& build, const Judgement& judgement) {
  const Miss* miss = miss_of(source.name, build.name);
  summary().add_safe(judgement.accepted, miss);
  if (miss == nullptr) {
    EXPECT_TRUE(judgement.accepted) << "[" << judgement.reason << "] " << judgement.message;
  } else {
    EXPECT_FALSE(judgement.accepted) << "accepted now: take it off misses.txt";
  }
}

// `safe`: what is said of the same build without the fault; what is missed there hides the fault.
void check_fault(const Source& source, const Build& build, const Judgement& judgement,
                 const Judgement& safe) {
  const SeededFault& fault = source.fault(build.fault);
  summary().add_fault(fault.kind, judgement);
  ASSERT_FALSE(judgement.accepted) << "unsafe: " << fault.kind << ": " << fault.text;
  const bool hidden = !safe.accepted && judgement.reason == safe.reason;
  if (hidden || fits(fault.kind, judgement.reason)) return;
  EXPECT_TRUE(may_be_found_for(source, build, judgement.reason))
      << fault.kind << ": " << fault.text << "\nis found for [" << judgement.reason << "] "
      << judgement.message;
}

TEST_P(Programs, AreJudgedAsLabelled) {
  const Source& source = GetParam();
  std::map<std::string, Judgement> safe;
  std::set<unsigned> asked;
  for (const Build& build : source.builds) {
    SCOPED_TRACE(build.path);
    const Judgement judgement = judge(read(build));
    summary().add(judgement);
    if (build.fault == 0) {
      check_safe(source, build, judgement);
      safe[build.name] = judgement;
    } else {
      check_fault(source, build, judgement, safe.at(build.name));
      if (build.name == kFaultBuild) asked.insert(build.fault);
    }
  }
  EXPECT_EQ(safe.size(), kBuilds);
  EXPECT_EQ(asked.size(), source.faults.size());
}

INSTANTIATE_TEST_SUITE_P(Corpus, Programs, testing::ValuesIn(sources()),
                         [](const auto& info) { return info.param.name; });

TEST(Corpus, IsLarge) {
  size_t faults = 0;
  for (const Source& source : sources()) faults += source.faults.size();
  EXPECT_GE(sources().size(), 150u);
  EXPECT_GE(faults, 500u);
}

TEST(Misses, AreFew) {
  size_t asked = 0;
  size_t missed = 0;
  for (const Source& source : sources()) {
    for (const Build& build : source.builds) {
      if (build.fault != 0) continue;
      ++asked;
      if (miss_of(source.name, build.name) != nullptr) ++missed;
    }
  }
  EXPECT_LE(static_cast<double>(missed), (1 - kLeastAccepted) * static_cast<double>(asked));
}

TEST(Misses, AreOfTheCorpus) {
  for (const Miss& miss : misses()) {
    size_t builds = 0;
    for (const Source& source : sources()) {
      if (source.name != miss.program) continue;
      for (const Build& build : source.builds) {
        if (build.fault == 0 && (miss.builds.contains("all") || miss.builds.contains(build.name))) {
          ++builds;
        }
      }
    }
    EXPECT_EQ(builds, miss.builds.contains("all") ? kBuilds : miss.builds.size()) << miss.program;
  }
}

TEST(Reasons, AreOfTheCorpusAndNeeded) {
  for (const auto& row : table("tests/corpus/reasons.txt", 3)) {
    const auto all = sources();
    const auto source = std::ranges::find(all, row[0], &Source::name);
    ASSERT_NE(source, all.end()) << row[0];
    const unsigned number = static_cast<unsigned>(std::stoul(row[1]));
    ASSERT_TRUE(number >= 1 && number <= source->faults.size()) << row[0] << " " << row[1];
    EXPECT_FALSE(fits(source->fault(number).kind, row[2])) << row[0] << " " << row[1] << ": fits";
    bool found = false;
    for (const Build& build : source->builds) {
      if (build.fault == number && judge(read(build)).reason == row[2]) found = true;
    }
    EXPECT_TRUE(found) << row[0] << " " << row[1] << ": not found for this reason now";
  }
}

}  // namespace
}  // namespace zext::corpus
