// View<W>: what is known of a word at one width: a tnum, an unsigned and a signed interval.
//
//   View<Bits<32>> v = View<Bits<32>>::top();
//   v.u.hi = Bits<32>::of(100);
//   reduce(v).s.hi;     // 100: the sign is known
//   reduce(v).bits;     // only the low seven bits are unknown
//
// Scalar (scalar.h) holds one view at 64 bits and one at 32; operators work on views, so that each
// is written once for both widths. `reduce` passes knowledge between the components, in named steps
// that proofs/operators proves one by one.
#pragma once

#include "isa/ebpf/insn.h"
#include "verifier/domain/interval.h"
#include "verifier/domain/tnum.h"

namespace zext::verifier {

template <Word W>
struct View {
  Tnum<W> bits;
  UnsignedInterval<W> u;
  SignedInterval<W> s;

  static constexpr View top() {
    return {Tnum<W>::top(), UnsignedInterval<W>::top(), SignedInterval<W>::top()};
  }
  static constexpr View bottom() {
    return {Tnum<W>::bottom(), UnsignedInterval<W>::bottom(), SignedInterval<W>::bottom()};
  }
  static constexpr View constant(W x) {
    return {Tnum<W>::constant(x), UnsignedInterval<W>::constant(x), SignedInterval<W>::constant(x)};
  }
};

template <Word W>
constexpr View<W> select(typename W::Bool c, const View<W>& a, const View<W>& b) {
  return {select(c, a.bits, b.bits), select(c, a.u, b.u), select(c, a.s, b.s)};
}

// Whether a component is empty; the converse needs `reduce`.
template <Word W>
constexpr typename W::Bool is_bottom(const View<W>& a) {
  return is_bottom(a.bits) || is_bottom(a.u) || is_bottom(a.s);
}

template <Word W>
constexpr typename W::Bool contains(const View<W>& a, W x) {
  return contains(a.bits, x) && contains(a.u, x) && contains(a.s, x);
}

template <Word W>
constexpr View<W> meet(const View<W>& a, const View<W>& b) {
  return {meet(a.bits, b.bits), meet(a.u, b.u), meet(a.s, b.s)};
}

// The word with its sign bit flipped: signed order becomes unsigned order.
template <Word W>
constexpr W bias(W x) {
  return x ^ SignedInterval<W>::least();
}

// Step: the ends of both intervals move to the nearest member of the tnum.
template <Word W>
constexpr View<W> bits_to_unsigned(View<W> a) {
  // 0 as `none from lo` is sound: then no x is in both.
  const W lo = least_from(a.bits, a.u.lo);
  const W hi = ~least_from(complement(a.bits), ~a.u.hi);
  a.u = {a.u.larger(a.u.lo, lo), a.u.smaller(a.u.hi, hi)};
  return a;
}

template <Word W>
constexpr View<W> bits_to_signed(View<W> a) {
  const Tnum<W> biased = bit_xor(a.bits, Tnum<W>::constant(SignedInterval<W>::least()));
  const W lo = bias(least_from(biased, bias(a.s.lo)));
  const W hi = bias(~least_from(complement(biased), ~bias(a.s.hi)));
  a.s = {a.s.larger(a.s.lo, lo), a.s.smaller(a.s.hi, hi)};
  return a;
}

namespace internal {

// `a` without what lies outside the arc of words from `b.lo` up to `b.hi`; in a's order the arc is
// one interval, or, where it passes the order's end, two.
template <Word W, Order kTo, Order kFrom>
constexpr Interval<W, kTo> meet_arc(const Interval<W, kTo>& a, const Interval<W, kFrom>& b) {
  using I = Interval<W, kTo>;
  const I whole{I::larger(a.lo, b.lo), I::smaller(a.hi, b.hi)};
  const I split{select(I::less(b.hi, a.lo), I::larger(a.lo, b.lo), a.lo),
                select(I::less(a.hi, b.lo), I::smaller(a.hi, b.hi), a.hi)};
  return select(I::at_most(b.lo, b.hi), whole, split);
}

}  // namespace internal

// Step: each interval loses what the other excludes.
template <Word W>
constexpr View<W> signed_to_unsigned(View<W> a) {
  a.u = internal::meet_arc(a.u, a.s);
  return a;
}

template <Word W>
constexpr View<W> unsigned_to_signed(View<W> a) {
  a.s = internal::meet_arc(a.s, a.u);
  return a;
}

// Step: the common prefix of the unsigned ends is known.
template <Word W>
constexpr View<W> unsigned_to_bits(View<W> a) {
  a.bits = meet(a.bits, prefix(a.u.lo, a.u.hi));
  return a;
}

// All steps, once. Never loses a word that a contains.
template <Word W>
constexpr View<W> reduce(View<W> a) {
  a = signed_to_unsigned(a);
  a = bits_to_unsigned(a);
  a = unsigned_to_bits(a);
  a = unsigned_to_signed(a);
  return bits_to_signed(a);
}

namespace internal {

// The shift's amount, modulo the width.
template <Word W>
constexpr View<W> shift_amount(const View<W>& b) {
  const W most = W::of(W::kWidth - 1);
  View<W> amount = View<W>::top();
  amount.bits = bit_and(b.bits, Tnum<W>::constant(most));
  amount.u = select(ule(b.u.hi, most), b.u,
                    UnsignedInterval<W>{amount.bits.value, amount.bits.value | amount.bits.mask});
  return amount;
}

template <Word W>
constexpr View<W> mul(const View<W>& a, const View<W>& b) {
  return {mul(a.bits, b.bits), mul(a.u, b.u), mul(a.s, b.s)};
}

// A quotient or remainder by a constant power of two is a shift or a mask; else the intervals know.
template <Word W>
constexpr View<W> div(const View<W>& a, const View<W>& b) {
  View<W> r = View<W>::top();
  r.u = div(a.u, b.u);
  return r;
}

template <Word W>
constexpr View<W> mod(const View<W>& a, const View<W>& b) {
  View<W> r = View<W>::top();
  r.u = mod(a.u, b.u);
  const auto masked = is_constant(b.bits) && one_bit(b.bits.value);
  const Tnum<W> mask = Tnum<W>::constant(b.bits.value - W::of(1));
  r.bits = select(masked, bit_and(a.bits, mask), select(ult(a.u.hi, b.u.lo), a.bits, r.bits));
  return r;
}

template <Word W>
constexpr typename W::Bool non_negative(const View<W>& a) {
  return sle(W::of(0), a.s.lo);
}

// Signed: as unsigned where both are non-negative.
template <Word W>
constexpr View<W> sdiv(const View<W>& a, const View<W>& b) {
  View<W> r = View<W>::top();
  r.s = div(a.s, b.s);
  return select(non_negative(a) && non_negative(b), div(a, b), r);
}

template <Word W>
constexpr View<W> smod(const View<W>& a, const View<W>& b) {
  View<W> r = View<W>::top();
  r.s = mod(a.s, b.s);
  return select(non_negative(a) && non_negative(b), mod(a, b), r);
}

template <Word W>
constexpr View<W> shifted(ebpf::AluOp op, const View<W>& a, const View<W>& b) {
  const View<W> k = shift_amount(b);
  View<W> r = View<W>::top();
  if (op == ebpf::AluOp::kLsh) {
    r.bits = shift(Shift::kLeft, a.bits, k.bits);
    r.u = shift_left(a.u, k.u);
    r.s = shift_left(a.s, k.u);
  } else if (op == ebpf::AluOp::kRsh) {
    r.bits = shift(Shift::kRight, a.bits, k.bits);
    r.u = shift_right(a.u, k.u);
  } else {
    r.bits = shift(Shift::kArithmetic, a.bits, k.bits);
    r.s = shift_arithmetic(a.s, k.u);
  }
  return r;
}

template <Word W>
constexpr View<W> bitwise(ebpf::AluOp op, const View<W>& a, const View<W>& b) {
  View<W> r = View<W>::top();
  if (op == ebpf::AluOp::kAnd) {
    r.bits = bit_and(a.bits, b.bits);
    r.u = bit_and(a.u, b.u);
  } else if (op == ebpf::AluOp::kOr) {
    r.bits = bit_or(a.bits, b.bits);
    r.u = bit_or(a.u, b.u);
  } else {
    r.bits = bit_xor(a.bits, b.bits);
  }
  return r;
}

}  // namespace internal

// Every x op y for x in a, y in b, before reduction.
template <Word W>
constexpr View<W> alu(ebpf::AluOp op, const View<W>& a, const View<W>& b) {
  using ebpf::AluOp;
  switch (op) {
    case AluOp::kAdd:
      return {add(a.bits, b.bits), add(a.u, b.u), add(a.s, b.s)};
    case AluOp::kSub:
      return {sub(a.bits, b.bits), sub(a.u, b.u), sub(a.s, b.s)};
    case AluOp::kMul:
      return internal::mul(a, b);
    case AluOp::kDiv:
      return internal::div(a, b);
    case AluOp::kSdiv:
      return internal::sdiv(a, b);
    case AluOp::kMod:
      return internal::mod(a, b);
    case AluOp::kSmod:
      return internal::smod(a, b);
    case AluOp::kOr:
    case AluOp::kAnd:
    case AluOp::kXor:
      return internal::bitwise(op, a, b);
    case AluOp::kLsh:
    case AluOp::kRsh:
    case AluOp::kArsh:
      return internal::shifted(op, a, b);
    case AluOp::kMov:
      return b;
  }
  __builtin_unreachable();
}

// Every -x for x in a, before reduction.
template <Word W>
constexpr View<W> neg(const View<W>& a) {
  return {neg(a.bits), neg(a.u), neg(a.s)};
}

// Operands of a comparison.
template <Word W>
struct Operands {
  View<W> a;
  View<W> b;
};

namespace internal {

// a without c at its ends.
template <Word W, Order kOrder>
constexpr Interval<W, kOrder> without(const Interval<W, kOrder>& a, W c) {
  const auto only = a.lo == c && a.hi == c;
  const Interval<W, kOrder> rest{select(a.lo == c, a.lo + W::of(1), a.lo),
                                 select(a.hi == c, a.hi - W::of(1), a.hi)};
  return select(only, Interval<W, kOrder>::bottom(), rest);
}

template <Word W>
constexpr View<W> without(View<W> a, const View<W>& b) {
  const View<W> rest{a.bits, without(a.u, b.bits.value), without(a.s, b.bits.value)};
  return select(is_constant(b.bits), rest, a);
}

// a <= b, or a < b, in the order: a's end moves below b's, b's beginning above a's.
template <Word W, Order kOrder>
constexpr void assume_at_most(Interval<W, kOrder>& a, Interval<W, kOrder>& b) {
  a.hi = a.smaller(a.hi, b.hi);
  b.lo = b.larger(b.lo, a.lo);
}

template <Word W, Order kOrder>
constexpr void assume_less(Interval<W, kOrder>& a, Interval<W, kOrder>& b) {
  using I = Interval<W, kOrder>;
  const auto impossible = b.hi == I::least() || a.lo == I::greatest();
  const W hi = I::smaller(a.hi, b.hi - W::of(1));
  const W lo = I::larger(b.lo, a.lo + W::of(1));
  a.hi = hi;
  b.lo = lo;
  a = select(impossible, I::bottom(), a);
  b = select(impossible, I::bottom(), b);
}

// (a & b) != 0: both are non-zero, and where only one bit can be in common, both have it.
template <Word W>
constexpr Operands<W> assume_common_bit(Operands<W> p) {
  const W common = (p.a.bits.value | p.a.bits.mask) & (p.b.bits.value | p.b.bits.mask);
  const W known = select(one_bit(common), common, W::of(0));
  for (View<W>* v : {&p.a, &p.b}) {
    v->bits = {v->bits.value | known, v->bits.mask & ~known};
    v->u.lo = v->u.larger(v->u.lo, W::of(1));
  }
  return {select(common == W::of(0), View<W>::bottom(), p.a),
          select(common == W::of(0), View<W>::bottom(), p.b)};
}

// (a & b) == 0: where one has a bit, the other has not.
template <Word W>
constexpr Operands<W> assume_no_common_bit(Operands<W> p) {
  const Tnum<W> a{p.a.bits.value, p.a.bits.mask & ~p.b.bits.value};
  const Tnum<W> b{p.b.bits.value, p.b.bits.mask & ~p.a.bits.value};
  const auto impossible = (p.a.bits.value & p.b.bits.value) != W::of(0);
  p.a.bits = select(impossible, Tnum<W>::bottom(), a);
  p.b.bits = select(impossible, Tnum<W>::bottom(), b);
  return p;
}

}  // namespace internal

// Those operands for which the comparison is true (`holds`) or false, before reduction.
template <Word W>
constexpr Operands<W> assume(ebpf::JumpOp op, Operands<W> p, bool holds) {
  using ebpf::JumpOp;
  const auto swapped = [](Operands<W> q) { return Operands<W>{q.b, q.a}; };
  switch (op) {
    case JumpOp::kJne:
      return assume(JumpOp::kJeq, p, !holds);
    case JumpOp::kJeq: {
      if (!holds) return {internal::without(p.a, p.b), internal::without(p.b, p.a)};
      const View<W> both = meet(p.a, p.b);
      return {both, both};
    }
    case JumpOp::kJset:
      return holds ? internal::assume_common_bit(p) : internal::assume_no_common_bit(p);
    case JumpOp::kJgt:
      return swapped(assume(JumpOp::kJlt, swapped(p), holds));
    case JumpOp::kJge:
      return assume(JumpOp::kJlt, p, !holds);
    case JumpOp::kJsgt:
      return swapped(assume(JumpOp::kJslt, swapped(p), holds));
    case JumpOp::kJsge:
      return assume(JumpOp::kJslt, p, !holds);
    case JumpOp::kJle:
      return swapped(assume(JumpOp::kJlt, swapped(p), !holds));
    case JumpOp::kJsle:
      return swapped(assume(JumpOp::kJslt, swapped(p), !holds));
    case JumpOp::kJlt:
      holds ? internal::assume_less(p.a.u, p.b.u) : internal::assume_at_most(p.b.u, p.a.u);
      return p;
    case JumpOp::kJslt:
      holds ? internal::assume_less(p.a.s, p.b.s) : internal::assume_at_most(p.b.s, p.a.s);
      return p;
  }
  __builtin_unreachable();
}

}  // namespace zext::verifier
