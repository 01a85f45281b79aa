// Reduction loses nothing: each step of View's and Scalar's `reduce` keeps every word. Both are
// compositions of these steps, so they do too.
#include <gtest/gtest.h>

#include "proofs/operators/lemmas.h"
#include "proofs/operators/symbolic.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using verifier::Scalar;
using verifier::View;

template <class W>
class Reduce : public ::testing::Test {};
using Widths = ::testing::Types<Bv<32>, Bv<64>>;
TYPED_TEST_SUITE(Reduce, Widths);

template <Word W>
Formula no_hint(const View<W>&, const W&) {
  return true;
}

template <Word W, class Step, class Hints>
void view_step(const char* name, Step step, Hints hints) {
  theorem(name, W::kWidth, [step, hints] {
    const View<W> a = any_view<W>("a");
    const W x = any<W>("x");
    return Claim{.given = contains(a, x) && hints(a, x), .show = goals(step(a), x)};
  });
}

TYPED_TEST(Reduce, LeastFromIsTheLeastMember) {
  using W = TypeParam;
  theorem("least_from", W::kWidth, [] {
    const auto a = any_tnum<W>("a");
    const W from = any<W>("from");
    const W x = any<W>("x");
    const W least = least_from(a, from);
    return Claim{
        .show = {least_from_is_below(a, from, x),
                 implies(contains(a, x) && ule(from, x), ule(from, least) && contains(a, least))}};
  });
}

TYPED_TEST(Reduce, StepsFromBits) {
  using W = TypeParam;
  // Instances of the theorem above, at the ends of the intervals.
  const auto ends = [](const auto& bits, const W& lo, const W& hi, const W& x) {
    return least_from_is_below(bits, lo, x) && least_from_is_below(complement(bits), ~hi, ~x);
  };
  view_step<W>(
      "bits to unsigned", [](const auto& a) { return bits_to_unsigned(a); },
      [ends](const View<W>& a, const W& x) { return ends(a.bits, a.u.lo, a.u.hi, x); });
  view_step<W>(
      "bits to signed", [](const auto& a) { return bits_to_signed(a); },
      [ends](const View<W>& a, const W& x) {
        const auto sign = verifier::Tnum<W>::constant(verifier::SignedInterval<W>::least());
        return ends(bit_xor(a.bits, sign), verifier::bias(a.s.lo), verifier::bias(a.s.hi),
                    verifier::bias(x));
      });
}

TYPED_TEST(Reduce, StepsFromIntervals) {
  using W = TypeParam;
  view_step<W>(
      "signed to unsigned", [](const auto& a) { return signed_to_unsigned(a); }, no_hint<W>);
  view_step<W>(
      "unsigned to signed", [](const auto& a) { return unsigned_to_signed(a); }, no_hint<W>);
  view_step<W>("unsigned to bits", [](const auto& a) { return unsigned_to_bits(a); }, no_hint<W>);
}

template <class Step>
void scalar_step(const char* name, Step step) {
  using W = Bv<64>;
  theorem(name, 64, [step] {
    const Scalar<W> a = any_scalar<W>("a");
    const W x = any<W>("x");
    return Claim{.given = contains(a, x), .show = goals(step(a), x)};
  });
}

TEST(ReduceScalar, Steps) {
  scalar_step("full to low", [](const auto& a) { return verifier::internal::full_to_low(a); });
  scalar_step("sign extended", [](const auto& a) { return verifier::internal::sign_extended(a); });
  scalar_step("low to full", [](const auto& a) { return verifier::internal::low_to_full(a); });
}

TEST(ReduceScalar, Constant) {
  using W = Bv<64>;
  theorem("reduce of a constant", 64, [] {
    const Scalar<W> a = any_scalar<W>("a");
    const W x = any<W>("x");
    return Claim{.given = contains(a, x) && is_constant(a.bits),
                 .show = goals(verifier::internal::reduce_constant(a), x)};
  });
}

// reduce_full and reduce_low apply View's steps to a part; the rest stays.
TEST(ReduceScalar, Parts) {
  using W = Bv<64>;
  theorem("the parts contain x exactly if the whole does", 64, [] {
    const Scalar<W> a = any_scalar<W>("a");
    const W x = any<W>("x");
    const auto both = contains(a.full(), x) && contains(a.low(), trunc<32>(x));
    return Claim{.show = {both == contains(a, x)}};
  });
  theorem("a part replaced", 64, [] {
    const Scalar<W> a = any_scalar<W>("a");
    const View<W> full = any_view<W>("full");
    const View<Bv<32>> low = any_view<Bv<32>>("low");
    const W x = any<W>("x");
    return Claim{
        .given = contains(a, x) && contains(full, x) && contains(low, trunc<32>(x)),
        .show = {contains(Scalar<W>::of(full, a.low()), x), contains(with_low(a, low), x)}};
  });
}

}  // namespace
}  // namespace zext::proofs
