// The collection beside the running kernel: it accepts none of the faults, and says of the safe
// programs what expected.txt has of Linux 6.18; of another Linux, differences are printed.
// Where bpf(2) is not to be had it says so and skips.

#include "tests/corpus/linux.h"

#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <cstdio>
#include <string>

#include "tests/corpus/builds.h"
#include "tests/refinement/expected.h"

namespace zext::refinement {
namespace {

using corpus::Answer;
using corpus::Build;
using corpus::Source;

constexpr char kRelease[] = "6.18.";  // of the Linux that expected.txt is about

bool is_that_linux() {
  utsname system{};
  return uname(&system) == 0 && std::string(system.release).starts_with(kRelease);
}

const char* word_of(Answer answer) {
  switch (answer) {
    case Answer::kAccepts:
      return kAccepted;
    case Answer::kRejects:
      return kRejected;
    case Answer::kNoAnswer:
      return kNotAsked;
  }
  return "";
}

// Not in time, or not loaded for another reason: nothing is said then.
void check_safe(const Source& source, const Build& build, Answer answer) {
  const Expectation* row = expectation_of(source.name, build.name);
  ASSERT_NE(row, nullptr);
  if (answer == Answer::kNoAnswer) {
    std::printf("%s: Linux does not say\n", build.path.c_str());
    return;
  }
  if (row->linux_says == word_of(answer)) return;
  std::printf("%s: %s here, in expected.txt %s\n", build.path.c_str(), word_of(answer),
              row->linux_says.c_str());
  if (is_that_linux()) ADD_FAILURE() << build.path;
}

TEST(Linux, AcceptsNoFaultAndSaysWhatIsExpected) {
  if (const auto why = corpus::why_not_linux()) GTEST_SKIP() << "no kernel to ask: " << *why;
  size_t asked = 0;
  size_t answers = 0;
  for (const Source& source : corpus::sources(kCollection)) {
    for (const Build& build : source.builds) {
      const Answer answer = corpus::ask_linux(corpus::read(build));
      ++asked;
      if (answer != Answer::kNoAnswer) ++answers;
      if (build.fault == 0) {
        check_safe(source, build, answer);
      } else {
        EXPECT_NE(answer, Answer::kAccepts) << build.path << ": " << source.fault(build.fault).text;
      }
    }
  }
  EXPECT_GT(answers, asked * 3 / 4) << "Linux said nothing of many";
}

}  // namespace
}  // namespace zext::refinement
