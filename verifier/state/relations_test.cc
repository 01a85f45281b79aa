#include "verifier/state/relations.h"

#include <gtest/gtest.h>

#include <random>

namespace zext::verifier {
namespace {

Linear s(Symbol symbol) { return Linear::symbol(symbol); }

TEST(LinearTest, SumsCancel) {
  const Linear a = s(3) + s(4).times(2);
  EXPECT_EQ((a - s(4).times(2)), s(3));
  EXPECT_TRUE((a - a).is_constant());
  EXPECT_EQ(a.factor(4), 2);
  EXPECT_EQ(a.substituted(4, s(5).plus(1)), s(3) + s(5).times(2).plus(2));
}

TEST(LinearTest, TooManySymbolsOrTooLargeIsUnknown) {
  EXPECT_FALSE((s(1) + s(2) + s(3) + s(4) + s(5)).known());
  EXPECT_FALSE(s(1).times(Linear::kMaxFactor).times(2).known());
  EXPECT_FALSE(Linear::constant(Linear::kMaxConstant).plus(1).known());
  EXPECT_FALSE(s(1).times(3).divided(2).known());
  EXPECT_EQ(s(1).times(4).plus(8).divided(4), s(1).plus(2));
}

TEST(RelationsTest, InequalitiesAddUp) {
  Relations r;
  ASSERT_TRUE(r.restrict(3, 0, 100) && r.restrict(4, 0, 100) && r.restrict(5, 0, 100));
  ASSERT_TRUE(r.assume(s(4) - s(3).plus(1)));  // 3 < 4
  ASSERT_TRUE(r.assume(s(5) - s(4).plus(1)));  // 4 < 5
  EXPECT_TRUE(r.implies(s(5) - s(3).plus(2)));
  EXPECT_FALSE(r.implies(s(5) - s(3).plus(3)));
  EXPECT_TRUE(r.implies(s(5).plus(-2)));
}

TEST(RelationsTest, ContradictionIsFound) {
  Relations r;
  ASSERT_TRUE(r.restrict(3, 0, 10));
  EXPECT_FALSE(r.assume(s(3).plus(-11)));
  Relations q;
  ASSERT_TRUE(q.restrict(3, 0, 10) && q.restrict(4, 0, 10));
  ASSERT_TRUE(q.assume(s(3) - s(4)));
  EXPECT_FALSE(q.assume(s(4) - s(3).plus(1)));
}

// Against every valuation of three small symbols: facts that hold of it never become impossible,
// and bounds contain its value.
TEST(RelationsTest, KeepsEveryValuation) {
  std::mt19937 rng(11);
  const auto pick = [&](int n) { return static_cast<int>(rng() % static_cast<unsigned>(n)); };
  const auto expression = [&] {
    return s(3).times(pick(5) - 2) + s(4).times(pick(5) - 2) + s(5).times(pick(5) - 2) +
           Linear::constant(pick(13) - 6);
  };
  for (int round = 0; round < 20'000; ++round) {
    const int64_t value[] = {pick(8), pick(8), pick(8)};
    const auto valued = [&](const Linear& e) {
      int64_t sum = e.constant();
      for (const Linear::Term& term : e) sum += term.factor * value[term.symbol - 3];
      return sum;
    };
    Relations r;
    ASSERT_TRUE(r.restrict(3, 0, 7) && r.restrict(4, 0, 7) && r.restrict(5, 0, 7));
    for (int i = 0; i < 4; ++i) {
      const Linear fact = expression();
      if (valued(fact) < 0) continue;
      ASSERT_TRUE(r.assume(fact));
    }
    const Linear asked = expression();
    EXPECT_TRUE(r.lower(asked) <= valued(asked) && valued(asked) <= r.upper(asked));
    for (Symbol symbol = 3; symbol < 6; ++symbol) {
      const Relations::Range range = r.range(symbol);
      const auto v = static_cast<uint64_t>(value[symbol - 3]);
      EXPECT_TRUE(range.lo <= v && v <= range.hi);
    }
  }
}

}  // namespace
}  // namespace zext::verifier
