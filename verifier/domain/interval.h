// Interval<W, order>: the words from lo to hi in the unsigned or the signed order.
//
//   using U = UnsignedInterval<Bits<64>>;
//   const U small{Bits<64>::of(1), Bits<64>::of(10)};
//   add(small, small);     // [2, 20]
//   add(small, U::top());  // top: the sum may wrap
//
// Each operator is proven sound in proofs/operators, as instantiated there with Bv. Verbs come in
// the order of tnum.h and scalar.h.
#pragma once

#include <span>

#include "word/word.h"

namespace zext::verifier {

enum class Order { kUnsigned, kSigned };

// {x : lo <= x && x <= hi} in its order. Empty, hence bottom, exactly if lo > hi.
template <Word W, Order kOrder>
struct Interval {
  W lo = W::of(0);
  W hi = W::of(0);

  // The ends of the order.
  static constexpr W least() { return kOrder == Order::kUnsigned ? W::of(0) : ~greatest(); }
  static constexpr W greatest() {
    return kOrder == Order::kUnsigned ? ~W::of(0) : lshr(~W::of(0), W::of(1));
  }

  // x before y, and x before or equal to y, in the order.
  static constexpr typename W::Bool less(W x, W y) {
    if constexpr (kOrder == Order::kUnsigned) {
      return ult(x, y);
    } else {
      return slt(x, y);
    }
  }
  static constexpr typename W::Bool at_most(W x, W y) {
    if constexpr (kOrder == Order::kUnsigned) {
      return ule(x, y);
    } else {
      return sle(x, y);
    }
  }
  static constexpr W smaller(W x, W y) { return select(less(x, y), x, y); }
  static constexpr W larger(W x, W y) { return select(less(x, y), y, x); }

  // Every word.
  static constexpr Interval top() { return {least(), greatest()}; }

  // No word.
  static constexpr Interval bottom() { return {greatest(), least()}; }

  // Just `x`.
  static constexpr Interval constant(W x) { return {x, x}; }
};

template <Word W>
using UnsignedInterval = Interval<W, Order::kUnsigned>;
template <Word W>
using SignedInterval = Interval<W, Order::kSigned>;

template <Word W, Order kOrder>
constexpr Interval<W, kOrder> select(typename W::Bool c, const Interval<W, kOrder>& a,
                                     const Interval<W, kOrder>& b) {
  return {select(c, a.lo, b.lo), select(c, a.hi, b.hi)};
}

template <Word W, Order kOrder>
constexpr typename W::Bool is_bottom(const Interval<W, kOrder>& a) {
  return a.less(a.hi, a.lo);
}

template <Word W, Order kOrder>
constexpr typename W::Bool is_constant(const Interval<W, kOrder>& a) {
  return a.lo == a.hi;
}

// Whether x is in the set: the meaning of an interval, on which every theorem rests.
template <Word W, Order kOrder>
constexpr typename W::Bool contains(const Interval<W, kOrder>& a, W x) {
  return a.at_most(a.lo, x) && a.at_most(x, a.hi);
}

// Whether a is a subset of b.
template <Word W, Order kOrder>
constexpr typename W::Bool leq(const Interval<W, kOrder>& a, const Interval<W, kOrder>& b) {
  return is_bottom(a) || (a.at_most(b.lo, a.lo) && a.at_most(a.hi, b.hi));
}

// The least interval that contains both.
template <Word W, Order kOrder>
constexpr Interval<W, kOrder> join(const Interval<W, kOrder>& a, const Interval<W, kOrder>& b) {
  const Interval<W, kOrder> hull{a.smaller(a.lo, b.lo), a.larger(a.hi, b.hi)};
  return select(is_bottom(a), b, select(is_bottom(b), a, hull));
}

// What is in both, exactly.
template <Word W, Order kOrder>
constexpr Interval<W, kOrder> meet(const Interval<W, kOrder>& a, const Interval<W, kOrder>& b) {
  return {a.larger(a.lo, b.lo), a.smaller(a.hi, b.hi)};
}

// An upper bound of both: an end that grew jumps to the next threshold beyond, or to the order's
// end. `thresholds` are words in any order, resized to W.
template <Word W, Order kOrder, Word T = W>
constexpr Interval<W, kOrder> widening(const Interval<W, kOrder>& a, const Interval<W, kOrder>& b,
                                       std::span<const T> thresholds = {}) {
  W lo = a.least();
  W hi = a.greatest();
  for (const T& wide : thresholds) {
    const W t = zext_or_trunc<W::kWidth>(wide);
    lo = select(a.at_most(t, b.lo), a.larger(lo, t), lo);
    hi = select(a.at_most(b.hi, t), a.smaller(hi, t), hi);
  }
  const Interval<W, kOrder> grown{select(a.at_most(a.lo, b.lo), a.lo, lo),
                                  select(a.at_most(b.hi, a.hi), a.hi, hi)};
  return select(is_bottom(a), b, select(is_bottom(b), a, grown));
}

// Between b and a, for b within a: only ends at the order's end move, so that chains are short.
template <Word W, Order kOrder>
constexpr Interval<W, kOrder> narrowing(const Interval<W, kOrder>& a,
                                        const Interval<W, kOrder>& b) {
  return {select(a.lo == a.least(), b.lo, a.lo), select(a.hi == a.greatest(), b.hi, a.hi)};
}

// Words on the circle of 2^N: `length` steps up from lo, both ends included. Sums of arcs are arcs,
// in whichever order one counts.
template <Word W>
struct Arc {
  W lo = W::of(0);
  W length = W::of(0);
  typename W::Bool all = false;  // the whole circle
};

template <Word W>
constexpr typename W::Bool contains(const Arc<W>& a, W x) {
  return a.all || ule(x - a.lo, a.length);
}

template <Word W, Order kOrder>
constexpr Arc<W> arc_of(const Interval<W, kOrder>& a) {
  return {a.lo, a.hi - a.lo, false};
}

// The least interval that contains the arc: itself, unless it passes the order's end.
template <Order kOrder, Word W>
constexpr Interval<W, kOrder> interval_of(const Arc<W>& a) {
  using I = Interval<W, kOrder>;
  const W hi = a.lo + a.length;
  return select(a.all || I::less(hi, a.lo), I::top(), I{a.lo, hi});
}

template <Word W>
constexpr Arc<W> add(const Arc<W>& a, const Arc<W>& b) {
  const W length = a.length + b.length;
  return {a.lo + b.lo, length, a.all || b.all || ult(length, a.length)};
}

template <Word W>
constexpr Arc<W> neg(const Arc<W>& a) {
  return {W::of(0) - (a.lo + a.length), a.length, a.all};
}

// Sum and difference: best possible.
template <Word W, Order kOrder>
constexpr Interval<W, kOrder> add(const Interval<W, kOrder>& a, const Interval<W, kOrder>& b) {
  return interval_of<kOrder>(add(arc_of(a), arc_of(b)));
}

template <Word W, Order kOrder>
constexpr Interval<W, kOrder> sub(const Interval<W, kOrder>& a, const Interval<W, kOrder>& b) {
  return interval_of<kOrder>(add(arc_of(a), neg(arc_of(b))));
}

template <Word W, Order kOrder>
constexpr Interval<W, kOrder> neg(const Interval<W, kOrder>& a) {
  return interval_of<kOrder>(neg(arc_of(a)));
}

// The product, if the greatest does not wrap.
template <Word W>
constexpr UnsignedInterval<W> mul(const UnsignedInterval<W>& a, const UnsignedInterval<W>& b) {
  constexpr unsigned kTwice = 2 * W::kWidth;
  const auto greatest = zext<kTwice>(a.hi) * zext<kTwice>(b.hi);
  const auto least = zext<kTwice>(a.lo) * zext<kTwice>(b.lo);
  const auto fits = ule(greatest, zext<kTwice>(~W::of(0)));
  return select(fits, UnsignedInterval<W>{trunc<W::kWidth>(least), trunc<W::kWidth>(greatest)},
                UnsignedInterval<W>::top());
}

// The product, if none of the four corners wraps: x * y is linear in each operand.
template <Word W>
constexpr SignedInterval<W> mul(const SignedInterval<W>& a, const SignedInterval<W>& b) {
  using Wide = SignedInterval<Resize<W, 2 * W::kWidth>>;
  using I = SignedInterval<W>;
  constexpr unsigned kTwice = 2 * W::kWidth;
  const auto ll = sext<kTwice>(a.lo) * sext<kTwice>(b.lo);
  const auto lh = sext<kTwice>(a.lo) * sext<kTwice>(b.hi);
  const auto hl = sext<kTwice>(a.hi) * sext<kTwice>(b.lo);
  const auto hh = sext<kTwice>(a.hi) * sext<kTwice>(b.hi);
  const auto least = Wide::smaller(Wide::smaller(ll, lh), Wide::smaller(hl, hh));
  const auto greatest = Wide::larger(Wide::larger(ll, lh), Wide::larger(hl, hh));
  const auto fits =
      sle(sext<kTwice>(I::least()), least) && sle(greatest, sext<kTwice>(I::greatest()));
  return select(fits, I{trunc<W::kWidth>(least), trunc<W::kWidth>(greatest)}, I::top());
}

// Quotient and remainder as RFC 9669 defines them: x / 0 == 0, x % 0 == x.
template <Word W>
constexpr UnsignedInterval<W> div(const UnsignedInterval<W>& a, const UnsignedInterval<W>& b) {
  const auto by_zero = b.lo == W::of(0);
  const W least_divisor = select(by_zero, W::of(1), b.lo);
  const W lo = select(by_zero, W::of(0), udiv(a.lo, b.hi));
  const W hi = select(b.hi == W::of(0), W::of(0), udiv(a.hi, least_divisor));
  return {lo, hi};
}

template <Word W>
constexpr UnsignedInterval<W> mod(const UnsignedInterval<W>& a, const UnsignedInterval<W>& b) {
  using U = UnsignedInterval<W>;
  const auto unchanged = ult(a.hi, b.lo) || b.hi == W::of(0);
  const W hi = select(b.lo == W::of(0), a.hi, U::smaller(a.hi, b.hi - W::of(1)));
  return select(unchanged, a, U{W::of(0), hi});
}

// Signed quotient: truncated, x / 0 == 0, least / -1 == least. By a positive divisor each end is
// moved towards zero the least or the most; otherwise the magnitude cannot grow.
template <Word W>
constexpr SignedInterval<W> div(const SignedInterval<W>& a, const SignedInterval<W>& b) {
  using I = SignedInterval<W>;
  const W zero = W::of(0);
  const W one = W::of(1);
  const auto positive = slt(zero, b.lo);
  const W near = select(positive, b.lo, one);
  const W far = select(positive, b.hi, one);
  const I quotient{select(slt(a.lo, zero), sdiv(a.lo, near), sdiv(a.lo, far)),
                   select(slt(a.hi, zero), sdiv(a.hi, far), sdiv(a.hi, near))};
  const W up = I::larger(a.hi, zero - a.lo);
  const I magnitude{I::smaller(a.lo, zero - a.hi), I::larger(up, zero)};
  const I bounded = {I::smaller(magnitude.lo, zero), magnitude.hi};
  return select(positive, quotient, select(a.lo == I::least(), I::top(), bounded));
}

// Signed remainder: the dividend's sign, below the divisor in magnitude, x % 0 == x.
template <Word W>
constexpr SignedInterval<W> mod(const SignedInterval<W>& a, const SignedInterval<W>& b) {
  using I = SignedInterval<W>;
  const W zero = W::of(0);
  const auto zero_divisor = sle(b.lo, zero) && sle(zero, b.hi);
  const auto no_bound = zero_divisor || b.lo == I::least();
  const W below = I::larger(b.hi, zero - b.lo) - W::of(1);
  const W up = I::larger(a.hi, zero);
  const W down = I::smaller(a.lo, zero);
  return {select(no_bound, down, I::larger(down, zero - below)),
          select(no_bound, up, I::smaller(up, below))};
}

// Shifts by an amount from `amount`, all of it below the width.
template <Word W>
constexpr UnsignedInterval<W> shift_left(const UnsignedInterval<W>& a,
                                         const UnsignedInterval<W>& amount) {
  const W hi = shl(a.hi, amount.hi);
  const auto kept = lshr(hi, amount.hi) == a.hi;
  return select(kept, UnsignedInterval<W>{shl(a.lo, amount.lo), hi}, UnsignedInterval<W>::top());
}

template <Word W>
constexpr UnsignedInterval<W> shift_right(const UnsignedInterval<W>& a,
                                          const UnsignedInterval<W>& amount) {
  return {lshr(a.lo, amount.hi), lshr(a.hi, amount.lo)};
}

template <Word W>
constexpr SignedInterval<W> shift_left(const SignedInterval<W>& a,
                                       const UnsignedInterval<W>& amount) {
  using I = SignedInterval<W>;
  const auto kept = ashr(shl(a.lo, amount.hi), amount.hi) == a.lo &&
                    ashr(shl(a.hi, amount.hi), amount.hi) == a.hi;
  const W lo = shl(a.lo, select(slt(a.lo, W::of(0)), amount.hi, amount.lo));
  const W hi = shl(a.hi, select(slt(a.hi, W::of(0)), amount.lo, amount.hi));
  return select(kept, I{lo, hi}, I::top());
}

template <Word W>
constexpr SignedInterval<W> shift_arithmetic(const SignedInterval<W>& a,
                                             const UnsignedInterval<W>& amount) {
  return {ashr(a.lo, select(slt(a.lo, W::of(0)), amount.lo, amount.hi)),
          ashr(a.hi, select(slt(a.hi, W::of(0)), amount.hi, amount.lo))};
}

// x & y is at most either, x | y at least either; their other end is the tnum's to know.
template <Word W>
constexpr UnsignedInterval<W> bit_and(const UnsignedInterval<W>& a, const UnsignedInterval<W>& b) {
  return {W::of(0), a.smaller(a.hi, b.hi)};
}

template <Word W>
constexpr UnsignedInterval<W> bit_or(const UnsignedInterval<W>& a, const UnsignedInterval<W>& b) {
  return {a.larger(a.lo, b.lo), ~W::of(0)};
}

}  // namespace zext::verifier
