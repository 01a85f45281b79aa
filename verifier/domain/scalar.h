// Scalar<W>: what is known of a register that holds a number: the reduced product of a tnum and of
// unsigned and signed intervals, of the whole word and of its low half.
//
//   using S = Scalar<Bits<64>>;
//   S x = alu(AluOp::kAnd, 64, S::top(), S::constant(Bits<64>::of(0xff)));   // 0..255
//   auto [index, size] = assume(JumpOp::kJlt, 64, x, S::constant(Bits<64>::of(14)), true);
//   index.u.hi;                                                               // 13
//
// W is 64 bits wide in the verifier; tests use 8, so `32` names the low half whatever its width.
// Every function keeps the concrete values (proofs/operators): if a contains x and b contains y,
// then the result contains the result. Results are reduced, except widening's. Nothing allocates.
#pragma once

#include <span>

#include "isa/ebpf/insn.h"
#include "verifier/domain/scalar_view.h"

namespace zext::verifier {

template <Word W = Bits<64>>
struct Scalar {
  using Half = Resize<W, W::kWidth / 2>;

  Tnum<W> bits;
  UnsignedInterval<W> u;
  SignedInterval<W> s;
  UnsignedInterval<Half> u32;
  SignedInterval<Half> s32;

  // Every word.
  static constexpr Scalar top() { return of(View<W>::top(), View<Half>::top()); }

  // No word: the state of code that is not reached.
  static constexpr Scalar bottom() { return of(View<W>::bottom(), View<Half>::bottom()); }

  // Just `x`.
  static constexpr Scalar constant(W x) {
    return of(View<W>::constant(x), View<Half>::constant(trunc<Half::kWidth>(x)));
  }

  // The words from lo to hi, unsigned.
  static constexpr Scalar range(W lo, W hi) {
    Scalar a = top();
    a.u = {lo, hi};
    return reduce(a);
  }

  // What is known of the whole word and of its low half.
  constexpr View<W> full() const { return {bits, u, s}; }
  constexpr View<Half> low() const {
    constexpr unsigned kHalf = Half::kWidth;
    return {{trunc<kHalf>(bits.value), trunc<kHalf>(bits.mask)}, u32, s32};
  }

  // The whole word from one view, its low half's intervals from the other.
  static constexpr Scalar of(const View<W>& full, const View<Half>& low) {
    return {full.bits, full.u, full.s, low.u, low.s};
  }
};

// The scalar with what is known of its low half replaced.
template <Word W>
constexpr Scalar<W> with_low(Scalar<W> a, const View<typename Scalar<W>::Half>& low) {
  const auto high = [](const W& x) { return extract<W::kWidth - 1, W::kWidth / 2>(x); };
  a.bits = {concat(high(a.bits.value), low.bits.value), concat(high(a.bits.mask), low.bits.mask)};
  a.u32 = low.u;
  a.s32 = low.s;
  return a;
}

template <Word W>
constexpr Scalar<W> select(typename W::Bool c, const Scalar<W>& a, const Scalar<W>& b) {
  return Scalar<W>::of(select(c, a.full(), b.full()), select(c, a.low(), b.low()));
}

// Whether a component is empty. A reduced scalar is bottom in all components or in none.
template <Word W>
constexpr typename W::Bool is_bottom(const Scalar<W>& a) {
  return is_bottom(a.full()) || is_bottom(a.u32) || is_bottom(a.s32);
}

// Whether just one value is left (of a reduced scalar): a.bits.value.
template <Word W>
constexpr typename W::Bool is_constant(const Scalar<W>& a) {
  return is_constant(a.bits) && !is_bottom(a);
}

// Whether x is in the set: the meaning of a scalar, on which every theorem rests.
template <Word W>
constexpr typename W::Bool contains(const Scalar<W>& a, W x) {
  const auto low = trunc<W::kWidth / 2>(x);
  return contains(a.full(), x) && contains(a.u32, low) && contains(a.s32, low);
}

// Whether a is a subset of b, component by component.
template <Word W>
constexpr typename W::Bool leq(const Scalar<W>& a, const Scalar<W>& b) {
  return is_bottom(a) || (leq(a.bits, b.bits) && leq(a.u, b.u) && leq(a.s, b.s) &&
                          leq(a.u32, b.u32) && leq(a.s32, b.s32));
}

template <Word W>
constexpr Scalar<W> join(const Scalar<W>& a, const Scalar<W>& b) {
  return {join(a.bits, b.bits), join(a.u, b.u), join(a.s, b.s), join(a.u32, b.u32),
          join(a.s32, b.s32)};
}

namespace internal {

// meet before reduction.
template <Word W>
constexpr Scalar<W> meet_components(const Scalar<W>& a, const Scalar<W>& b) {
  return {meet(a.bits, b.bits), meet(a.u, b.u), meet(a.s, b.s), meet(a.u32, b.u32),
          meet(a.s32, b.s32)};
}

}  // namespace internal

template <Word W>
constexpr Scalar<W> meet(const Scalar<W>& a, const Scalar<W>& b) {
  return reduce(internal::meet_components(a, b));
}

// An upper bound of a (the loop's head so far) and b (what came round). Deliberately not reduced:
// then each component only grows, through finitely many steps, and iteration ends. Keep it as the
// head's state and `reduce` a copy to compute with.
template <Word W>
constexpr Scalar<W> widening(const Scalar<W>& a, const Scalar<W>& b,
                             std::span<const W> thresholds = {}) {
  return {widening(a.bits, b.bits, thresholds), widening(a.u, b.u, thresholds),
          widening(a.s, b.s, thresholds), widening(a.u32, b.u32, thresholds),
          widening(a.s32, b.s32, thresholds)};
}

// Between b and a, for b within a.
template <Word W>
constexpr Scalar<W> narrowing(const Scalar<W>& a, const Scalar<W>& b) {
  return {narrowing(a.bits, b.bits), narrowing(a.u, b.u), narrowing(a.s, b.s),
          narrowing(a.u32, b.u32), narrowing(a.s32, b.s32)};
}

namespace internal {

// Step: where all words of an interval share their high half, the low halves are an interval.
template <Word W>
constexpr Scalar<W> full_to_low(Scalar<W> a) {
  constexpr unsigned kHalf = W::kWidth / 2;
  const auto high = [](W x) { return extract<W::kWidth - 1, kHalf>(x); };
  const auto narrow = [&high](auto low, const auto& wide) {
    const auto met = meet_arc(low, UnsignedInterval<typename Scalar<W>::Half>{
                                       trunc<kHalf>(wide.lo), trunc<kHalf>(wide.hi)});
    return select(high(wide.lo) == high(wide.hi), met, low);
  };
  a.u32 = narrow(narrow(a.u32, a.u), a.s);
  a.s32 = narrow(narrow(a.s32, a.u), a.s);
  return a;
}

// Step: where the whole word is a sign-extended low half, both have the same signed interval.
template <Word W>
constexpr Scalar<W> sign_extended(Scalar<W> a) {
  constexpr unsigned kHalf = W::kWidth / 2;
  using Low = SignedInterval<typename Scalar<W>::Half>;
  const auto fits =
      sle(sext<W::kWidth>(Low::least()), a.s.lo) && sle(a.s.hi, sext<W::kWidth>(Low::greatest()));
  const Low both = meet(a.s32, Low{trunc<kHalf>(a.s.lo), trunc<kHalf>(a.s.hi)});
  a.s32 = select(fits, both, a.s32);
  const SignedInterval<W> wide{sext<W::kWidth>(both.lo), sext<W::kWidth>(both.hi)};
  a.s = select(fits, meet(a.s, wide), a.s);
  return a;
}

// Step: the ends of the wide intervals move inwards until their low half is possible.
template <Word W>
constexpr Scalar<W> low_to_full(Scalar<W> a) {
  constexpr unsigned kHalf = W::kWidth / 2;
  const W next = shl(W::of(1), W::of(kHalf));
  const W low_mask = next - W::of(1);
  const W low_lo = zext<W::kWidth>(a.u32.lo);
  const W low_hi = zext<W::kWidth>(a.u32.hi);
  const auto narrow = [&](auto wide) {
    const W lo_half = wide.lo & low_mask;
    const W hi_half = wide.hi & low_mask;
    const W lo = (wide.lo & ~low_mask) + select(ult(low_hi, lo_half), next, W::of(0)) + low_lo;
    const W hi = (wide.hi & ~low_mask) - select(ult(hi_half, low_lo), next, W::of(0)) + low_hi;
    // A word moved past the order's end leaves the end where it was.
    wide.lo =
        select(ult(lo_half, low_lo) || ult(low_hi, lo_half), wide.larger(wide.lo, lo), wide.lo);
    wide.hi =
        select(ult(low_hi, hi_half) || ult(hi_half, low_lo), wide.smaller(wide.hi, hi), wide.hi);
    return wide;
  };
  a.u = narrow(a.u);
  a.s = narrow(a.s);
  return a;
}

// Step: a view's own steps, at either width.
template <Word W>
constexpr Scalar<W> reduce_full(const Scalar<W>& a) {
  return Scalar<W>::of(reduce(a.full()), a.low());
}

template <Word W>
constexpr Scalar<W> reduce_low(const Scalar<W>& a) {
  return with_low(a, reduce(a.low()));
}

// All words of a constant tnum: that one, or none.
template <Word W>
constexpr Scalar<W> reduce_constant(const Scalar<W>& a) {
  return select(contains(a, a.bits.value), Scalar<W>::constant(a.bits.value), Scalar<W>::bottom());
}

}  // namespace internal

// The same set, each component knowing what the others do; bottom if a component is empty.
template <Word W>
constexpr Scalar<W> reduce(Scalar<W> a) {
  if (is_constant(a.bits)) return internal::reduce_constant(a);
  a = internal::reduce_full(a);
  a = internal::full_to_low(a);
  a = internal::sign_extended(a);
  a = internal::reduce_low(a);
  a = internal::low_to_full(a);
  a = internal::reduce_full(a);
  a = internal::full_to_low(a);
  return select(is_bottom(a), Scalar<W>::bottom(), a);
}

namespace internal {

// The low half in a word whose high half is zero.
template <Word W>
constexpr Scalar<W> zero_extended(const View<typename Scalar<W>::Half>& low) {
  constexpr unsigned kWidth = W::kWidth;
  Scalar<W> a = Scalar<W>::top();
  a.bits = {zext<kWidth>(low.bits.value), zext<kWidth>(low.bits.mask)};
  a.u = {zext<kWidth>(low.u.lo), zext<kWidth>(low.u.hi)};
  a.u32 = low.u;
  a.s32 = low.s;
  return a;
}

// Whether the result's low half depends on the operands' low halves alone.
constexpr bool works_on_halves(ebpf::AluOp op) {
  using ebpf::AluOp;
  switch (op) {
    case AluOp::kAdd:
    case AluOp::kSub:
    case AluOp::kMul:
    case AluOp::kOr:
    case AluOp::kAnd:
    case AluOp::kXor:
    case AluOp::kMov:
      return true;
    case AluOp::kDiv:
    case AluOp::kSdiv:
    case AluOp::kMod:
    case AluOp::kSmod:
    case AluOp::kLsh:
    case AluOp::kRsh:
    case AluOp::kArsh:
      return false;
  }
  __builtin_unreachable();
}

// What a left shift by at least half the width keeps is the low half's, zero- or sign-extended:
// `x << 32 >> 32` is how compilers extend without 32-bit operations.
template <Word W>
constexpr View<W> shift_of_low(View<W> r, const Scalar<W>& a, const Scalar<W>& b) {
  constexpr unsigned kWidth = W::kWidth;
  const UnsignedInterval<W> amount = shift_amount(b.full()).u;
  const UnsignedInterval<W> u{zext<kWidth>(a.u32.lo), zext<kWidth>(a.u32.hi)};
  const SignedInterval<W> s{sext<kWidth>(a.s32.lo), sext<kWidth>(a.s32.hi)};
  const auto applies = ule(W::of(kWidth / 2), amount.lo);
  r.u = select(applies, meet(r.u, shift_left(u, amount)), r.u);
  r.s = select(applies, meet(r.s, shift_left(s, amount)), r.s);
  return r;
}

// alu before reduction.
template <Word W>
constexpr Scalar<W> alu_components(ebpf::AluOp op, unsigned width, const Scalar<W>& a,
                                   const Scalar<W>& b) {
  if (width == 32) return zero_extended<W>(alu(op, a.low(), b.low()));
  View<W> full = alu(op, a.full(), b.full());
  if (op == ebpf::AluOp::kLsh) full = shift_of_low(full, a, b);
  return Scalar<W>::of(full, works_on_halves(op) ? alu(op, a.low(), b.low())
                                                 : View<typename Scalar<W>::Half>::top());
}

}  // namespace internal

// Every x op y (isa/ebpf/semantics.h: `alu`) at width 64, or at 32 and then zero-extended.
template <Word W>
constexpr Scalar<W> alu(ebpf::AluOp op, unsigned width, const Scalar<W>& a, const Scalar<W>& b) {
  if (op == ebpf::AluOp::kMov && width == 64) return b;
  const auto empty = is_bottom(a) || is_bottom(b);
  return select(empty, Scalar<W>::bottom(), reduce(internal::alu_components(op, width, a, b)));
}

// Every -x, likewise.
template <Word W>
constexpr Scalar<W> neg(unsigned width, const Scalar<W>& a) {
  const Scalar<W> r = width == 32 ? internal::zero_extended<W>(neg(a.low()))
                                  : Scalar<W>::of(neg(a.full()), neg(a.low()));
  return select(is_bottom(a), Scalar<W>::bottom(), reduce(r));
}

namespace internal {

// zero_extend and sign_extend before reduction; the bytes of a tnum reversed.
template <Word W>
constexpr Scalar<W> zero_extend_components(unsigned bytes, const Scalar<W>& a) {
  if (bytes == 8) return a;
  if (bytes == 4) return zero_extended<W>(a.low());
  const W mask = shl(W::of(1), W::of(8 * bytes)) - W::of(1);
  return alu_components(ebpf::AluOp::kAnd, 64, a, Scalar<W>::constant(mask));
}

template <Word W>
constexpr Scalar<W> sign_extend_components(unsigned bytes, const Scalar<W>& a) {
  if (bytes == 8) return a;
  const W shift = W::of(64 - 8 * bytes);
  const SignedInterval<W> type{ashr(SignedInterval<W>::least(), shift),
                               ashr(SignedInterval<W>::greatest(), shift)};
  Scalar<W> r = Scalar<W>::top();
  r.bits = {ashr(shl(a.bits.value, shift), shift), ashr(shl(a.bits.mask, shift), shift)};
  r.s = select(leq(a.s, type), a.s, type);
  if (bytes == 4) {
    r.s = meet(r.s, SignedInterval<W>{sext<64>(a.s32.lo), sext<64>(a.s32.hi)});
    r.u32 = a.u32;
    r.s32 = a.s32;
  }
  return r;
}

template <Word W>
constexpr Tnum<W> reverse_bytes(unsigned bytes, const Tnum<W>& a) {
  const W unused = W::of(64 - 8 * bytes);
  return {lshr(byte_reverse(a.value), unused), lshr(byte_reverse(a.mask), unused)};
}

}  // namespace internal

// The low `bytes` (1, 2, 4 or 8) of every x, zero-extended: moves, and loads of what was stored.
template <Word W>
constexpr Scalar<W> zero_extend(unsigned bytes, const Scalar<W>& a) {
  static_assert(W::kWidth == 64);
  const Scalar<W> r = internal::zero_extend_components(bytes, a);
  return select(is_bottom(a), Scalar<W>::bottom(), reduce(r));
}

// The low `bytes` (1, 2, 4 or 8) of every x, sign-extended.
template <Word W>
constexpr Scalar<W> sign_extend(unsigned bytes, const Scalar<W>& a) {
  static_assert(W::kWidth == 64);
  const Scalar<W> r = internal::sign_extend_components(bytes, a);
  return select(is_bottom(a), Scalar<W>::bottom(), reduce(r));
}

// Sign-extending move: at width 32 the upper half of the result is zero.
template <Word W>
constexpr Scalar<W> movsx(unsigned width, unsigned bytes, const Scalar<W>& a) {
  const Scalar<W> wide = sign_extend(bytes, a);
  return width == 64 ? wide : zero_extend(4, wide);
}

// le, be and bswap of the low `bytes` (2, 4 or 8), zero-extended.
template <Word W>
constexpr Scalar<W> endian(ebpf::EndianOp op, unsigned bytes, const Scalar<W>& a) {
  static_assert(W::kWidth == 64);
  if (op == ebpf::EndianOp::kLe) return zero_extend(bytes, a);
  Scalar<W> r = Scalar<W>::top();
  r.bits = internal::reverse_bytes(bytes, a.bits);
  return select(is_bottom(a), Scalar<W>::bottom(), reduce(r));
}

// The two operands of a jump, as far as its outcome lets them be.
template <Word W>
struct Refined {
  Scalar<W> a;
  Scalar<W> b;
};

namespace internal {

// assume before reduction.
template <Word W>
constexpr Refined<W> assume_components(ebpf::JumpOp op, unsigned width, const Scalar<W>& a,
                                       const Scalar<W>& b, bool taken) {
  if (width == 64) {
    const Operands<W> p = assume(op, Operands<W>{a.full(), b.full()}, taken);
    return {Scalar<W>::of(p.a, a.low()), Scalar<W>::of(p.b, b.low())};
  }
  using Half = typename Scalar<W>::Half;
  const Operands<Half> p = assume(op, Operands<Half>{a.low(), b.low()}, taken);
  return {with_low(a, p.a), with_low(b, p.b)};
}

}  // namespace internal

// The operands for which `a op b` (semantics.h: `taken`) at width 64 or 32 has the given outcome;
// both bottom if there are none.
template <Word W>
constexpr Refined<W> assume(ebpf::JumpOp op, unsigned width, const Scalar<W>& a, const Scalar<W>& b,
                            bool taken) {
  const Refined<W> p = internal::assume_components(op, width, a, b, taken);
  const Refined<W> r{reduce(p.a), reduce(p.b)};
  const auto empty = is_bottom(r.a) || is_bottom(r.b) || is_bottom(a) || is_bottom(b);
  const Scalar<W> none = Scalar<W>::bottom();
  return {select(empty, none, r.a), select(empty, none, r.b)};
}

}  // namespace zext::verifier
