// Programs that must be accepted and programs that must be rejected, with the reason: the files in
// testdata/, as testing/case.h reads them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "verifier/testing/case.h"

namespace zext::verifier {
namespace {

std::vector<std::string> files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("verifier/testdata")) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

std::vector<Case> cases_of(const std::string& name) {
  return read_cases("verifier/testdata/" + name + ".txt");
}

class CasesTest : public testing::TestWithParam<std::string> {};

TEST_P(CasesTest, EachHasItsVerdict) {
  const std::vector<Case> cases = cases_of(GetParam());
  EXPECT_FALSE(cases.empty());
  for (const Case& tested : cases) {
    EXPECT_EQ(verdict_of(tested), tested.expected) << GetParam() << ": " << tested.name << "\n"
                                                   << tested.code;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, CasesTest, testing::ValuesIn(files()),
                         [](const auto& named) { return named.param; });

TEST(CasesCountTest, ManyOfBothVerdicts) {
  size_t accepted = 0;
  size_t rejected = 0;
  for (const std::string& file : files()) {
    for (const Case& tested : cases_of(file)) ++(tested.expected == "accept" ? accepted : rejected);
  }
  EXPECT_GE(accepted, 180u);
  EXPECT_GE(rejected, 340u);
}

TEST(CasesTest, OfKernelFunctions) {
  size_t count = 0;
  for (const char* file : {"kernel.txt", "dynptrs.txt"}) {
    for (const Case& tested : read_cases(std::string("verifier/testdata/") + file)) {
      ++count;
      EXPECT_EQ(verdict_of(tested), tested.expected) << file << ": " << tested.name << "\n"
                                                     << tested.code;
    }
  }
  EXPECT_GE(count, 70u);
}

}  // namespace
}  // namespace zext::verifier
