#include "word/paths.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "word/bv.h"
#include "word/smt.h"

namespace zext {
namespace {

using B32 = Bv<32>;

template <class W>
W absolute(W x) {
  if (slt(x, W::of(0))) return W::of(0) - x;
  return x;
}

TEST(Paths, RunsEachBranchOnce) {
  int paths = 0;
  const auto summary = Paths::each([&] {
    ++paths;
    const auto x = B32::variable("x");
    const auto y = absolute(x);
    EXPECT_TRUE(prove(implies(x != B32::of(0x80000000), !slt(y, B32::of(0)))).proved());
  });
  EXPECT_EQ(paths, 2);
  EXPECT_EQ(summary.paths, 2u);
  EXPECT_TRUE(summary.complete()) << summary.incomplete;
}

TEST(Paths, ProofsHoldUnderThePathsCondition) {
  std::set<std::string> seen;
  Paths::each([&] {
    const auto x = B32::variable("x");
    if (ult(x, B32::of(10))) {
      seen.insert("small");
      EXPECT_TRUE(prove(ult(x, B32::of(11))).proved());
      EXPECT_TRUE(prove(ult(x, B32::of(9))).refuted());
    } else {
      seen.insert("large");
      EXPECT_TRUE(prove(ule(B32::of(10), x)).proved());
    }
  });
  EXPECT_EQ(seen, (std::set<std::string>{"large", "small"}));
}

TEST(Paths, PrunesInfeasibleBranches) {
  int inside = 0;
  const auto summary = Paths::each([&] {
    const auto x = B32::variable("x");
    if (ult(x, B32::of(5))) {
      if (ult(B32::of(7), x)) ++inside;  // contradicts the first
      if (ult(x, B32::of(9))) return;    // follows from it
      ++inside;
    }
  });
  EXPECT_EQ(inside, 0);
  EXPECT_EQ(summary.paths, 2u);
}

TEST(Paths, ConstantConditionsCostNoQuery) {
  const auto summary = Paths::each([] {
    if (B32::of(1) == B32::of(2)) FAIL();
    if (B32::variable("x") == B32::variable("x")) return;
    FAIL();
  });
  EXPECT_EQ(summary.paths, 1u);
  EXPECT_EQ(summary.queries, 0u);
}

TEST(Paths, EnumeratesALoop) {
  const auto summary = Paths::each([] {
    const auto n = B32::variable("n");
    Paths::assume(ule(n, B32::of(3)));
    unsigned count = 0;
    for (auto i = B32::of(0); ult(i, n); i = i + B32::of(1)) ++count;
    EXPECT_TRUE(prove(n == B32::of(count)).proved());
  });
  EXPECT_EQ(summary.paths, 4u);
  EXPECT_TRUE(summary.complete());
}

TEST(Paths, ExploresAllCombinations) {
  std::set<std::string> seen;
  Paths::each([&] {
    std::string path;
    for (const char* name : {"a", "b", "c"}) path += Formula::variable(name) ? '1' : '0';
    seen.insert(path);
  });
  EXPECT_EQ(seen.size(), 8u);
}

TEST(Paths, AssumeEndsAPathThatCannotBe) {
  int reached = 0;
  const auto summary = Paths::each([&] {
    const auto x = B32::variable("x");
    if (x == B32::of(1)) {
      Paths::assume(x == B32::of(2));
      ++reached;
    }
    Paths::assume(ult(x, B32::of(100)));
    EXPECT_TRUE(prove(ult(x, B32::of(100)) && x != B32::of(1)).proved());
  });
  EXPECT_EQ(reached, 0);
  EXPECT_EQ(summary.paths, 1u);
  EXPECT_TRUE(summary.complete());
}

TEST(Paths, SaysWhenDecisionsRunOut) {
  const auto summary = Paths::each(
      [] {
        auto x = B32::variable("x");
        while (x != B32::of(0)) x = x - B32::of(1);
      },
      {.max_decisions = 5});
  EXPECT_FALSE(summary.complete());
  EXPECT_NE(summary.incomplete.find("5 decisions"), std::string::npos) << summary.incomplete;
}

TEST(Paths, SaysWhenPathsRunOut) {
  const auto summary = Paths::each(
      [] {
        for (const char* name : {"a", "b", "c"}) (void)static_cast<bool>(Formula::variable(name));
      },
      {.max_paths = 3});
  EXPECT_EQ(summary.paths, 3u);
  EXPECT_FALSE(summary.complete());
}

TEST(Paths, ConditionIsTrueOutside) {
  EXPECT_TRUE(prove(Paths::condition()).proved());
  EXPECT_TRUE(static_cast<bool>(B32::of(3) == B32::of(3)));  // constants need no explorer
}

TEST(PathsDeathTest, SymbolicBoolOutsideEach) {
  EXPECT_DEATH((void)static_cast<bool>(Formula::variable("p")), "outside Paths::each");
}

TEST(PathsDeathTest, AssumeOutsideEach) {
  EXPECT_DEATH(Paths::assume(Formula::variable("p")), "outside Paths::each");
}

TEST(PathsDeathTest, Nesting) {
  EXPECT_DEATH(Paths::each([] { Paths::each([] {}); }), "does not nest");
}

}  // namespace
}  // namespace zext
