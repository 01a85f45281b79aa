// The runner can fail: each way in which a theorem is not one is noticed.
#include "proofs/theorem.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include "proofs/second_solver.h"
#include "word/bv.h"

namespace zext::proofs {
namespace {

using Word = Bv<32>;

Formula false_claim() { return Word::variable("x") != Word::of(0x123); }

TEST(Theorem, ProvesOnEveryPath) {
  theorem("the larger is not less", 32, [] {
    const auto x = Word::variable("x");
    const auto y = Word::variable("y");
    const Word larger = ult(x, y) ? y : x;
    return Claim{.given = x != y, .show = {ule(x, larger), ule(y, larger)}};
  });
  EXPECT_NE(report().find("the larger is not less"), std::string::npos);
}

TEST(Theorem, FailsWithTheCounterexample) {
  EXPECT_NONFATAL_FAILURE(theorem("x is never 0x123", 32, false_claim), "x = 0x123");
}

TEST(Theorem, FailsWhereHypothesesContradict) {
  EXPECT_NONFATAL_FAILURE(theorem("of nothing", 32,
                                  [] {
                                    const auto x = Word::variable("x");
                                    return Claim{.given = ult(x, x), .show = {false}};
                                  }),
                          "hypotheses cannot hold");
}

TEST(Theorem, FailsWithNothingToShow) {
  EXPECT_NONFATAL_FAILURE(theorem("empty", 32, [] { return Claim{}; }), "nothing to show");
}

TEST(Theorem, FailsWhereZ3CannotTell) {
  const auto factors = [] {
    const auto x = Bv<64>::variable("x");
    const auto y = Bv<64>::variable("y");
    const auto small = ult(x, Bv<64>::of(1ULL << 32)) && ult(y, Bv<64>::of(1ULL << 32));
    return !(small && x * y == Bv<64>::of(0xfffffffa00000005ULL) && ult(x, y));
  };
  EXPECT_NONFATAL_FAILURE(theorem("factoring", 64, factors, {.timeout_ms = 20}), "not decided");
}

TEST(Refuted, PassesOnAFalseClaim) { refuted("x is never 0x123", 32, false_claim); }

TEST(Refuted, FailsOnATrueClaim) {
  EXPECT_NONFATAL_FAILURE(refuted("x is x", 32,
                                  [] {
                                    const auto x = Word::variable("x");
                                    return x - x == Word::of(0);
                                  }),
                          "wrong on purpose");
}

TEST(SecondSolver, Answers) {
  if (confirm("", 1) == Answer::kUnavailable) GTEST_SKIP() << "/usr/bin/cvc5 is not installed";
  EXPECT_EQ(confirm("(set-logic QF_BV)(assert false)(check-sat)", 5), Answer::kUnsat);
  EXPECT_EQ(confirm("(set-logic QF_BV)(assert true)(check-sat)", 5), Answer::kSat);
  EXPECT_EQ(confirm("(this is not SMT-LIB", 5), Answer::kUndecided);
}

}  // namespace
}  // namespace zext::proofs
