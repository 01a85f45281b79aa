// What proof_test gives: theorem.h, Bv and main; the cases are spread over the shards.
#include <gtest/gtest.h>

#include "proofs/theorem.h"
#include "word/bv.h"

namespace {

using Word = zext::Bv<32>;

Word absolute(const Word& x) { return slt(x, Word::of(0)) ? Word::of(0) - x : x; }

TEST(Absolute, IsNotNegative) {
  zext::proofs::theorem("absolute", 32, [] {
    const Word x = Word::variable("x");
    const auto least = Word::of(0x80000000);
    return zext::proofs::Claim{.given = x != least, .show = {sle(Word::of(0), absolute(x))}};
  });
}

TEST(Absolute, FailsForTheLeastWord) {
  zext::proofs::refuted("absolute of every word", 32,
                        [] { return sle(Word::of(0), absolute(Word::variable("x"))); });
}

}  // namespace
