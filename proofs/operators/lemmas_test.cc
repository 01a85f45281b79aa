#include "proofs/operators/lemmas.h"

#include <gtest/gtest.h>

#include "proofs/operators/symbolic.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using verifier::Shift;

constexpr TheoremOptions kNumbers{.logic = "QF_NRA"};

Exact number(const char* name) { return Exact::variable(name); }

Division division(const char* x, const char* y, const char* q, const char* r) {
  return {number(x), number(y), number(q), number(r)};
}

template <class W>
class Lemmas : public ::testing::Test {};
using Widths = ::testing::Types<Bv<32>, Bv<64>>;
TYPED_TEST_SUITE(Lemmas, Widths);

TYPED_TEST(Lemmas, Shifts) {
  using W = TypeParam;
  for (const auto kind : {Shift::kLeft, Shift::kRight, Shift::kArithmetic}) {
    theorem("one step of a shift", W::kWidth, [=] {
      Claim claim;
      for (unsigned k = 1; k < W::kWidth; k *= 2) {
        claim.show.push_back(shift_bit_is_sound(kind, any_tnum<W>("a"), any_tnum<W>("b"),
                                                any<W>("x"), any<W>("y"), W::of(k)));
      }
      return claim;
    });
    theorem("a shift is its steps", W::kWidth,
            [=] { return shift_is_by_bits(kind, any<W>("x"), any<W>("y")); });
  }
}

TYPED_TEST(Lemmas, Products) {
  using W = TypeParam;
  theorem("product is a low half", W::kWidth,
          [] { return product_is_low_half(any<W>("x"), any<W>("y")); });
}

TYPED_TEST(Lemmas, Quotients) {
  using W = TypeParam;
  theorem("quotient by one", W::kWidth, [] { return quotient_by_one(any<W>("x")); });
  theorem("remainder by a power of two", W::kWidth, [] {
    const W x = any<W>("x");
    const W y = any<W>("y");
    Claim claim;
    Formula listed = y == W::of(0) || (y & (y - W::of(1))) != W::of(0);
    for (unsigned k = 0; k < W::kWidth; ++k) {
      const W power = W::of(uint64_t{1} << k);
      claim.show.push_back(remainder_by_power(x, power));
      listed = listed || y == power;
    }
    claim.show.push_back(listed);
    return claim;
  });
}

TEST(LemmasByDefinition, SignedDivision) {
  // Whatever the width by definition; that it is copied correctly shows at 8 bits.
  theorem("signed division by magnitudes", 8,
          [] { return signed_by_magnitude(any<Bv<8>>("x"), any<Bv<8>>("y")); });
}

TEST(LemmasOfNumbers, Products) {
  theorem(
      "products are monotone", 0,
      [] { return product_is_monotone(number("x"), number("x2"), number("y"), number("y2")); },
      kNumbers);
  theorem(
      "products are above a corner", 0,
      [] {
        return product_is_above_a_corner(number("x"), number("xlo"), number("xhi"), number("y"),
                                         number("ylo"), number("yhi"));
      },
      kNumbers);
  theorem(
      "products are below a corner", 0,
      [] {
        return product_is_below_a_corner(number("x"), number("xlo"), number("xhi"), number("y"),
                                         number("ylo"), number("yhi"));
      },
      kNumbers);
}

TEST(LemmasOfNumbers, ProductByHalves) {
  theorem(
      "product by halves", 0,
      [] { return product_by_halves(number("x"), number("h"), number("y")); }, kNumbers);
}

TEST(LemmasOfNumbers, Quotients) {
  theorem(
      "quotients are monotone", 0,
      [] {
        return quotient_is_monotone(division("x", "y", "q", "r"), division("x2", "y2", "q2", "r2"));
      },
      kNumbers);
  theorem(
      "remainders are small", 0, [] { return remainder_is_small(division("x", "y", "q", "r")); },
      kNumbers);
}

}  // namespace
}  // namespace zext::proofs
