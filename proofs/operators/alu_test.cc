// Arithmetic of views is sound: for every AluOp, if a contains x and b contains y, then the result
// contains x op y, in its tnum and in both intervals. `hints` are instances of proven lemmas.
#include <gtest/gtest.h>

#include "isa/ebpf/semantics.h"
#include "proofs/operators/lemmas.h"
#include "proofs/operators/symbolic.h"
#include "proofs/theorem.h"

namespace zext::proofs {
namespace {

using ebpf::AluOp;
using verifier::Arc;
using verifier::Interval;
using verifier::Order;
using verifier::Shift;
using verifier::Tnum;
using verifier::TnumProduct;
using verifier::View;

constexpr AluOp kAluOps[] = {
#define EBPF_ALU(name, ...) AluOp::k##name,
#include "isa/ebpf/insns.def"
};

template <Word W>
struct Operands {
  View<W> a = any_view<W>("a");
  View<W> b = any_view<W>("b");
  W x = any<W>("x");
  W y = any<W>("y");

  Formula given() const { return contains(a, x) && contains(b, y); }
};

template <Word W>
Formula hints_mul(const Operands<W>& o) {
  constexpr unsigned kTwice = 2 * W::kWidth;
  const auto u = [](const W& w) { return zext<kTwice>(w); };
  const auto s = [](const W& w) { return sext<kTwice>(w); };
  return product_is_low_half(o.x, o.y) &&
         product_is_monotone(u(o.x), u(o.a.u.hi), u(o.y), u(o.b.u.hi)) &&
         product_is_monotone(u(o.a.u.lo), u(o.x), u(o.b.u.lo), u(o.y)) &&
         product_is_above_a_corner(s(o.x), s(o.a.s.lo), s(o.a.s.hi), s(o.y), s(o.b.s.lo),
                                   s(o.b.s.hi)) &&
         product_is_below_a_corner(s(o.x), s(o.a.s.lo), s(o.a.s.hi), s(o.y), s(o.b.s.lo),
                                   s(o.b.s.hi));
}

template <Word W>
Formula hints_div(const Operands<W>& o) {
  const W least = select(o.b.u.lo == W::of(0), W::of(1), o.b.u.lo);
  return quotient_is_monotone(o.x, o.y, o.a.u.hi, least) &&
         quotient_is_monotone(o.a.u.lo, o.b.u.hi, o.x, o.y);
}

template <Word W>
Formula hints_mod(const Operands<W>& o) {
  return remainder_is_small(o.x, o.y) && remainder_by_power(o.x, o.b.bits.value);
}

// The magnitude of a quotient is at most the dividend's.
template <Word W>
Formula quotient_is_small(const W& x, const W& y) {
  const W m = magnitude(x);
  return signed_by_magnitude(x, y) && quotient_by_one(m) &&
         quotient_is_monotone(m, magnitude(y), m, W::of(1));
}

template <Word W>
Formula hints_sdiv(const Operands<W>& o) {
  const auto positive = slt(W::of(0), o.b.s.lo);
  const W near = select(positive, o.b.s.lo, W::of(1));
  const W far = select(positive, o.b.s.hi, W::of(1));
  const W x = magnitude(o.x);
  const W y = magnitude(o.y);
  const W lo = magnitude(o.a.s.lo);
  const W hi = magnitude(o.a.s.hi);
  return hints_div(o) && quotient_is_small(o.x, o.y) && quotient_is_small(o.a.s.lo, near) &&
         quotient_is_small(o.a.s.lo, far) && quotient_is_small(o.a.s.hi, near) &&
         quotient_is_small(o.a.s.hi, far) && quotient_is_monotone(x, y, lo, magnitude(near)) &&
         quotient_is_monotone(lo, magnitude(far), x, y) &&
         quotient_is_monotone(hi, magnitude(far), x, y) &&
         quotient_is_monotone(x, y, hi, magnitude(near));
}

template <Word W>
Formula hints_smod(const Operands<W>& o) {
  return hints_mod(o) && signed_by_magnitude(o.x, o.y) &&
         remainder_is_small(magnitude(o.x), magnitude(o.y));
}

template <Word W>
Formula hints_shift(Shift kind, const Operands<W>& o) {
  const Tnum<W> amount = verifier::internal::shift_amount(o.b).bits;
  Tnum<W> a = o.a.bits;
  W x = o.x;
  const W y = o.y & W::of(W::kWidth - 1);
  Formula hints = shift_is_by_bits(kind, o.x, y);
  for (unsigned k = 1; k < W::kWidth; k *= 2) {
    hints = hints && shift_bit_is_sound(kind, a, amount, x, y, W::of(k));
    a = shift_bit(kind, a, amount, W::of(k));
    x = select((y & W::of(k)) != W::of(0), shift(kind, x, W::of(k)), x);
  }
  return hints;
}

// Instances of lemmas_test.cc's lemmas that the goals for `op` need.
template <Word W>
Formula hints(AluOp op, const Operands<W>& o) {
  switch (op) {
    case AluOp::kMul:
      return hints_mul(o);
    case AluOp::kDiv:
      return hints_div(o);
    case AluOp::kSdiv:
      return hints_sdiv(o);
    case AluOp::kMod:
      return hints_mod(o);
    case AluOp::kSmod:
      return hints_smod(o);
    case AluOp::kLsh:
      return hints_shift(Shift::kLeft, o);
    case AluOp::kRsh:
      return hints_shift(Shift::kRight, o);
    case AluOp::kArsh:
      return hints_shift(Shift::kArithmetic, o);
    case AluOp::kAdd:
    case AluOp::kSub:
    case AluOp::kOr:
    case AluOp::kAnd:
    case AluOp::kXor:
    case AluOp::kMov:
      return true;
  }
  __builtin_unreachable();
}

template <Word W>
void alu_is_sound(AluOp op) {
  theorem(std::string("alu ") + name_of(op), W::kWidth, [op] {
    const OpaqueArithmetic opaque;
    Operands<W> o;
    if (op == AluOp::kMul) {
      // Tnums multiply in a loop: by induction, below.
      o.a.bits = Tnum<W>::top();
      o.b.bits = Tnum<W>::top();
    }
    const View<W> r = alu(op, o.a, o.b);
    const W z = ebpf::alu(op, o.x, o.y);
    return Claim{.given = o.given() && hints(op, o),
                 .show = {contains(r.bits, z), contains(r.u, z), contains(r.s, z)}};
  });
}

// Sum and difference of tnums. A component needs no other here, and fewer hypotheses are the
// stronger theorem.
template <Word W>
void tnum_sum_is_sound(AluOp op) {
  theorem(std::string("alu ") + name_of(op) + ", tnum", W::kWidth, [op] {
    Operands<W> o;
    o.a.u = o.b.u = View<W>::top().u;
    o.a.s = o.b.s = View<W>::top().s;
    return Claim{.given = o.given(),
                 .show = {contains(alu(op, o.a, o.b).bits, ebpf::alu(op, o.x, o.y))}};
  });
}

template <Word W>
Arc<W> any_arc(const std::string& name) {
  return {any<W>(name + ".lo"), any<W>(name + ".length"),
          Formula::variable((name + ".all").c_str())};
}

// Intervals add by way of arcs: each of the functions that interval.h composes keeps the words.
template <Word W, Order kOrder>
void arcs_are_sound() {
  theorem("arc of an interval", W::kWidth, [] {
    const auto a = any_interval<W, kOrder>("a");
    const W x = any<W>("x");
    return Claim{.given = contains(a, x), .show = {contains(arc_of(a), x)}};
  });
  theorem("interval of an arc", W::kWidth, [] {
    const auto a = any_arc<W>("a");
    const W x = any<W>("x");
    return Claim{.given = contains(a, x), .show = {contains(verifier::interval_of<kOrder>(a), x)}};
  });
}

template <Word W, Order kOrder>
Formula same(const Interval<W, kOrder>& a, const Interval<W, kOrder>& b) {
  return a.lo == b.lo && a.hi == b.hi;
}

template <Word W>
Formula same(const Tnum<W>& a, const Tnum<W>& b) {
  return a.value == b.value && a.mask == b.mask;
}

template <class W>
class Alu : public ::testing::Test {};
using Widths = ::testing::Types<Bv<32>, Bv<64>>;
TYPED_TEST_SUITE(Alu, Widths);

TYPED_TEST(Alu, EveryOperation) {
  for (const AluOp op : kAluOps) {
    if (op != AluOp::kAdd && op != AluOp::kSub) alu_is_sound<TypeParam>(op);
  }
}

TYPED_TEST(Alu, SumAndDifference) {
  using W = TypeParam;
  tnum_sum_is_sound<W>(AluOp::kAdd);
  tnum_sum_is_sound<W>(AluOp::kSub);
  arcs_are_sound<W, Order::kUnsigned>();
  arcs_are_sound<W, Order::kSigned>();
  theorem("arcs add", W::kWidth, [] {
    const auto a = any_arc<W>("a");
    const auto b = any_arc<W>("b");
    const W x = a.lo + any<W>("i");
    const W y = b.lo + any<W>("j");
    return Claim{.given = contains(a, x) && contains(b, y), .show = {contains(add(a, b), x + y)}};
  });
  theorem("arcs turn", W::kWidth, [] {
    const auto a = any_arc<W>("a");
    const W x = a.lo + any<W>("i");
    return Claim{.given = contains(a, x), .show = {contains(neg(a), W::of(0) - x)}};
  });
}

// The table's operations and the views' are those of which the theorems above speak.
TYPED_TEST(Alu, SumAndDifferenceOfViews) {
  using W = TypeParam;
  theorem("alu Add, alu Sub, neg", W::kWidth, [] {
    const Operands<W> o;
    const View<W> sum = alu(AluOp::kAdd, o.a, o.b);
    const View<W> difference = alu(AluOp::kSub, o.a, o.b);
    const View<W> negative = neg(o.a);
    const Tnum<W> zero = Tnum<W>::constant(W::of(0));
    return Claim{.show = {same(sum.u, add(o.a.u, o.b.u)), same(sum.s, add(o.a.s, o.b.s)),
                          same(difference.u, sub(o.a.u, o.b.u)),
                          same(difference.s, sub(o.a.s, o.b.s)), same(negative.u, neg(o.a.u)),
                          same(negative.s, neg(o.a.s)), same(negative.bits, sub(zero, o.a.bits)),
                          ebpf::alu(AluOp::kSub, o.x, o.y) == o.x + (W::of(0) - o.y),
                          ebpf::neg(o.x) == W::of(0) - o.x}};
  });
}

// mul of tnums is `width` steps (tnum.h), or as many until no bit of a is left. Its invariant: the
// sum contains p, a contains x, b contains y, and p + x * y is the product.
TYPED_TEST(Alu, TnumMulByInduction) {
  using W = TypeParam;
  const W zero = W::of(0);
  const W one = W::of(1);
  const auto invariant = [](const TnumProduct<W>& s, const W& p, const W& x, const W& y) {
    return contains(s.sum, p) && contains(s.a, x) && contains(s.b, y);
  };
  theorem("tnum mul, start", W::kWidth, [&] {
    const auto a = any_tnum<W>("a");
    const auto b = any_tnum<W>("b");
    const W x = any<W>("x");
    const W y = any<W>("y");
    return Claim{.given = contains(a, x) && contains(b, y),
                 .show = {invariant({Tnum<W>::constant(zero), a, b}, zero, x, y)}};
  });
  theorem("tnum mul, step", W::kWidth, [&] {
    const OpaqueArithmetic opaque;
    const TnumProduct<W> s{any_tnum<W>("sum"), any_tnum<W>("a"), any_tnum<W>("b")};
    const W p = any<W>("p");
    const W x = any<W>("x");
    const W y = any<W>("y");
    const W p2 = p + select((x & one) != zero, y, zero);
    const W x2 = lshr(x, one);
    const W y2 = y + y;
    return Claim{.given = invariant(s, p, x, y) && product_by_halves(x, x2, y),
                 .show = {invariant(step(s), p2, x2, y2), p2 + x2 * y2 == p + x * y}};
  });
  theorem("tnum mul, end", W::kWidth, [&] {
    const TnumProduct<W> s{any_tnum<W>("sum"), any_tnum<W>("a"), any_tnum<W>("b")};
    const W p = any<W>("p");
    const W x = any<W>("x");
    const W y = any<W>("y");
    return Claim{.given = invariant(s, p, x, y) && (s.a.value | s.a.mask) == zero,
                 .show = {x == zero, contains(s.sum, p + zero * y)}};
  });
  theorem("tnum mul, every bit has its step", W::kWidth,
          [&] { return lshr(lshr(any<W>("x"), W::of(W::kWidth - 1)), one) == zero; });
}

}  // namespace
}  // namespace zext::proofs
