// Tnum<W>: a set of words of which each bit is known to be 0, known to be 1, or unknown.
//
//   const auto aligned = Tnum<Bits<64>>{.value = Bits<64>::of(0), .mask = ~Bits<64>::of(7)};
//   contains(aligned, Bits<64>::of(24));                                      // true
//   contains(add(aligned, Tnum<Bits<64>>::constant(Bits<64>::of(4))), Bits<64>::of(28));  // true
//
// The domain is that of Vishwanathan et al., "Sound, Precise, and Fast Abstract Interpretation with
// Tristate Numbers" (CGO 2022). Each operator is proven sound in proofs/operators, as instantiated
// there with Bv. Verbs come in the order of interval.h and scalar.h.
#pragma once

#include <span>

#include "word/word.h"

namespace zext::verifier {

// {x : x & ~mask == value}. Empty, hence bottom, exactly if value and mask overlap.
template <Word W>
struct Tnum {
  W value = W::of(0);  // the known ones
  W mask = W::of(0);   // the unknown bits

  // Every word.
  static constexpr Tnum top() { return {W::of(0), ~W::of(0)}; }

  // No word.
  static constexpr Tnum bottom() { return {~W::of(0), ~W::of(0)}; }

  // Just `x`.
  static constexpr Tnum constant(W x) { return {x, W::of(0)}; }
};

template <Word W>
constexpr Tnum<W> select(typename W::Bool c, const Tnum<W>& a, const Tnum<W>& b) {
  return {select(c, a.value, b.value), select(c, a.mask, b.mask)};
}

template <Word W>
constexpr typename W::Bool is_bottom(const Tnum<W>& a) {
  return (a.value & a.mask) != W::of(0);
}

template <Word W>
constexpr typename W::Bool is_constant(const Tnum<W>& a) {
  return a.mask == W::of(0);
}

// Whether x is in the set: the meaning of a tnum, on which every theorem rests.
template <Word W>
constexpr typename W::Bool contains(const Tnum<W>& a, W x) {
  return (x & ~a.mask) == a.value;
}

// Whether a is a subset of b.
template <Word W>
constexpr typename W::Bool leq(const Tnum<W>& a, const Tnum<W>& b) {
  const auto finer = (a.mask & ~b.mask) == W::of(0) && (a.value & ~b.mask) == b.value;
  return is_bottom(a) || (finer && !is_bottom(b));
}

// The least tnum that contains both.
template <Word W>
constexpr Tnum<W> join(const Tnum<W>& a, const Tnum<W>& b) {
  const W mask = a.mask | b.mask | (a.value ^ b.value);
  return select(is_bottom(a), b, select(is_bottom(b), a, Tnum<W>{a.value & ~mask, mask}));
}

// What is in both, exactly.
template <Word W>
constexpr Tnum<W> meet(const Tnum<W>& a, const Tnum<W>& b) {
  const auto conflict = ((a.value ^ b.value) & ~(a.mask | b.mask)) != W::of(0);
  return select(conflict || is_bottom(a) || is_bottom(b), Tnum<W>::bottom(),
                Tnum<W>{a.value | b.value, a.mask & b.mask});
}

// An upper bound of both under which every ascending chain is short: where a bit becomes unknown,
// all above it do, because counting carries upwards. Thresholds play no part.
template <Word W>
constexpr Tnum<W> widening(const Tnum<W>& a, const Tnum<W>& b, std::span<const W> = {}) {
  const Tnum<W> both = join(a, b);
  const W fresh = both.mask & ~a.mask;
  const W lowest = fresh & (W::of(0) - fresh);
  const W mask = both.mask | (W::of(0) - lowest);
  return select(is_bottom(a), both, Tnum<W>{both.value & ~mask, mask});
}

// Between b and a, for b within a; the lattice is finite, so that is their meet.
template <Word W>
constexpr Tnum<W> narrowing(const Tnum<W>& a, const Tnum<W>& b) {
  return meet(a, b);
}

// All bits at and below the highest set bit of x.
template <Word W>
constexpr W smear(W x) {
  for (unsigned shift = 1; shift < W::kWidth; shift *= 2) x = x | lshr(x, W::of(shift));
  return x;
}

// The least tnum that contains every word from lo to hi (unsigned, lo <= hi): their common prefix.
template <Word W>
constexpr Tnum<W> prefix(W lo, W hi) {
  const W mask = smear(lo ^ hi);
  return {lo & ~mask, mask};
}

// The least unsigned member that is `from` or above; 0 where there is none.
//
// Take the highest bit where `from` contradicts a known bit. If that bit is 1, raising it makes the
// bits below free, and the least choice is their known ones. If it is 0, the lowest unknown zero of
// `from` above it must be raised: the carry of an addition finds it, known bits being set for it
// to pass.
template <Word W>
constexpr W least_from(const Tnum<W>& a, W from) {
  const W contradicted = (from ^ a.value) & ~a.mask;
  if (contradicted == W::of(0)) return from;
  const W below = smear(contradicted);
  const W highest = below & ~lshr(below, W::of(1));
  const W raised = (from & a.mask & ~below) | a.value;
  const W carried = ((from | ~a.mask | below) + W::of(1)) & a.mask;
  const auto ended = (from | ~a.mask | below) == ~W::of(0);
  const W next = select(ended, W::of(0), carried | a.value);
  return select((a.value & highest) != W::of(0), raised, next);
}

// The set of ~x.
template <Word W>
constexpr Tnum<W> complement(const Tnum<W>& a) {
  return {~(a.value | a.mask), a.mask};
}

// The sum: a bit is unknown if it is in an operand, or if its carry differs between the least and
// the greatest sum.
template <Word W>
constexpr Tnum<W> add(const Tnum<W>& a, const Tnum<W>& b) {
  const W least = a.value + b.value;
  const W greatest = least + a.mask + b.mask;
  const W mask = (least ^ greatest) | a.mask | b.mask;
  return {least & ~mask, mask};
}

// The difference, likewise: with the greatest and the least that can be borrowed.
template <Word W>
constexpr Tnum<W> sub(const Tnum<W>& a, const Tnum<W>& b) {
  const W known = a.value - b.value;
  const W mask = ((known + a.mask) ^ (known - b.mask)) | a.mask | b.mask;
  return {known & ~mask, mask};
}

template <Word W>
constexpr Tnum<W> neg(const Tnum<W>& a) {
  return sub(Tnum<W>::constant(W::of(0)), a);
}

template <Word W>
constexpr Tnum<W> bit_and(const Tnum<W>& a, const Tnum<W>& b) {
  const W value = a.value & b.value;
  return {value, (a.value | a.mask) & (b.value | b.mask) & ~value};
}

template <Word W>
constexpr Tnum<W> bit_or(const Tnum<W>& a, const Tnum<W>& b) {
  const W value = a.value | b.value;
  return {value, (a.mask | b.mask) & ~value};
}

template <Word W>
constexpr Tnum<W> bit_xor(const Tnum<W>& a, const Tnum<W>& b) {
  const W mask = a.mask | b.mask;
  return {(a.value ^ b.value) & ~mask, mask};
}

enum class Shift { kLeft, kRight, kArithmetic };

// x shifted by k, which is below the width.
template <Word W>
constexpr W shift(Shift kind, W x, W k) {
  switch (kind) {
    case Shift::kLeft:
      return shl(x, k);
    case Shift::kRight:
      return lshr(x, k);
    case Shift::kArithmetic:
      return ashr(x, k);
  }
  __builtin_unreachable();
}

// One step of a shift: by k, a power of two, or not, as that bit of the amount says.
template <Word W>
constexpr Tnum<W> shift_bit(Shift kind, const Tnum<W>& a, const Tnum<W>& amount, W k) {
  const Tnum<W> shifted{shift(kind, a.value, k), shift(kind, a.mask, k)};
  const auto known_one = (amount.value & k) != W::of(0);
  const auto unknown = (amount.mask & k) != W::of(0);
  return select(known_one, shifted, select(unknown, join(a, shifted), a));
}

// Shift by amount modulo the width, as eBPF shifts: the join over every amount the tnum allows. A
// shift by a constant distributes over joins, so that each bit of the amount needs but one.
template <Word W>
constexpr Tnum<W> shift(Shift kind, Tnum<W> a, const Tnum<W>& amount) {
  for (unsigned k = 1; k < W::kWidth; k *= 2) a = shift_bit(kind, a, amount, W::of(k));
  return a;
}

// The state of a multiplication by shifting and adding: sum + a * b never changes.
template <Word W>
struct TnumProduct {
  Tnum<W> sum;
  Tnum<W> a;
  Tnum<W> b;
};

// One step: the lowest bit of a decides whether b is added to the sum.
template <Word W>
constexpr TnumProduct<W> step(const TnumProduct<W>& p) {
  const W one = W::of(1);
  const Tnum<W> added = add(p.sum, p.b);
  const auto known_one = (p.a.value & one) != W::of(0);
  const auto unknown = (p.a.mask & one) != W::of(0);
  return {select(known_one, added, select(unknown, join(p.sum, added), p.sum)),
          {lshr(p.a.value, one), lshr(p.a.mask, one)},
          {shl(p.b.value, one), shl(p.b.mask, one)}};
}

// The product, once every bit of a has had its step.
template <Word W>
constexpr Tnum<W> mul(const Tnum<W>& a, const Tnum<W>& b) {
  TnumProduct<W> p{Tnum<W>::constant(W::of(0)), a, b};
  for (unsigned i = 0; i < W::kWidth; ++i) {
    if ((p.a.value | p.a.mask) == W::of(0)) break;
    p = step(p);
  }
  return p.sum;
}

// Whether exactly one bit of x is set.
template <Word W>
constexpr typename W::Bool one_bit(W x) {
  return x != W::of(0) && (x & (x - W::of(1))) == W::of(0);
}

}  // namespace zext::verifier
