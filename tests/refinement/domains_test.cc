// The collection without a refinement: what the numeric domains alone say of each safe program is
// as in expected.txt, and they accept none of its faults. Prints how many they accept.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "tests/corpus/builds.h"
#include "tests/corpus/judgement.h"
#include "tests/refinement/expected.h"

namespace zext::refinement {
namespace {

using corpus::Build;
using corpus::Judgement;
using corpus::Source;

constexpr char kEveryonesBuild[] = "O2_v3";
constexpr size_t kCategories = 8;

class Programs : public testing::TestWithParam<Source> {};

void check_safe(const Source& source, const Build& build, const Judgement& judgement) {
  const std::string said = judgement.accepted ? kAccepted : judgement.reason;
  const Expectation* row = expectation_of(source.name, build.name);
  ASSERT_NE(row, nullptr) << "expected.txt has no row for it; the domains say " << said;
  EXPECT_EQ(said, row->domains) << judgement.message;
}

TEST_P(Programs, AreJudgedAsExpected) {
  const Source& source = GetParam();
  std::set<unsigned> faults;
  size_t safe = 0;
  for (const Build& build : source.builds) {
    SCOPED_TRACE(build.path);
    const Judgement judgement = corpus::judge(corpus::read(build));
    if (build.fault == 0) {
      ++safe;
      check_safe(source, build, judgement);
    } else {
      faults.insert(build.fault);
      const corpus::SeededFault& fault = source.fault(build.fault);
      EXPECT_FALSE(judgement.accepted) << "unsafe: " << fault.kind << ": " << fault.text;
    }
  }
  EXPECT_TRUE(safe == 1 || safe == 3) << safe << " builds";
  EXPECT_EQ(faults.size(), source.faults.size());
}

// One line of a program says why it is safe, and where none does its label is a guess.
TEST_P(Programs, SayWhyTheyAreSafe) {
  const Source& source = GetParam();
  std::ifstream file(std::string(kCollection) + "/programs/" + source.name + ".c");
  size_t whys = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("// safe: ")) ++whys;
  }
  EXPECT_EQ(whys, 1u);
  EXPECT_GE(source.faults.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Refinement, Programs, testing::ValuesIn(corpus::sources(kCollection)),
                         [](const auto& info) { return info.param.name; });

TEST(Collection, HasABuildForEachRowAndNoRowTwice) {
  std::set<std::pair<std::string, std::string>> builds;
  for (const Source& source : corpus::sources(kCollection)) {
    for (const Build& build : source.builds) {
      if (build.fault == 0) builds.insert({source.name, build.name});
    }
  }
  std::map<std::string, std::string> categories;
  for (const Expectation& row : expectations()) {
    EXPECT_EQ(builds.erase({row.program, row.build}), 1u) << row.program << " " << row.build;
    EXPECT_EQ(categories.insert({row.program, row.category}).first->second, row.category)
        << row.program << " is of two categories";
  }
  EXPECT_TRUE(builds.empty()) << builds.begin()->first << " has no row";
}

// What makes it a test of refinement: most programs are out of the domains' reach.
TEST(Collection, IsLargeAndHard) {
  std::map<std::string, size_t> categories;
  size_t missed = 0;
  for (const Expectation& row : expectations()) {
    if (row.build != kEveryonesBuild) continue;
    ++categories[row.category];
    if (row.domains != kAccepted) ++missed;
    EXPECT_TRUE(row.domains != kAccepted || row.linux_says == kRejected)
        << row.program << " is easy";
  }
  EXPECT_EQ(categories.size(), kCategories);
  size_t programs = 0;
  for (const auto& [category, count] : categories) {
    EXPECT_GE(count, 7u) << category;
    programs += count;
  }
  EXPECT_GE(programs, 70u);
  EXPECT_GE(missed, 45u);
  std::printf("%zu safe programs: the domains alone accept %zu\n", programs, programs - missed);
}

}  // namespace
}  // namespace zext::refinement
