// Lemmas: facts about words that a theorem about an operator is given as hypotheses, so that Z3
// need not find them. Each is a function from words to a formula: lemmas_test.cc proves it of
// variables, the theorems use it at terms.
#pragma once

#include "proofs/exact.h"
#include "verifier/domain/tnum.h"
#include "word/bv.h"

namespace zext::proofs {

// 0 <= x <= x2, 0 <= y <= y2: products keep the order (unsigned words are not negative).
template <class N>
Formula product_is_monotone(const N& x, const N& x2, const N& y, const N& y2) {
  return implies(ule(N::of(0), x) && ule(N::of(0), y) && ule(x, x2) && ule(y, y2),
                 ule(x * y, x2 * y2));
}

// The product of words between bounds lies between the products of the bounds.
template <class N>
Formula product_is_above_a_corner(const N& x, const N& xlo, const N& xhi, const N& y, const N& ylo,
                                  const N& yhi) {
  const N p = x * y;
  return implies(sle(xlo, x) && sle(x, xhi) && sle(ylo, y) && sle(y, yhi),
                 sle(xlo * ylo, p) || sle(xlo * yhi, p) || sle(xhi * ylo, p) || sle(xhi * yhi, p));
}
template <class N>
Formula product_is_below_a_corner(const N& x, const N& xlo, const N& xhi, const N& y, const N& ylo,
                                  const N& yhi) {
  const N p = x * y;
  return implies(sle(xlo, x) && sle(x, xhi) && sle(ylo, y) && sle(y, yhi),
                 sle(p, xlo * ylo) || sle(p, xlo * yhi) || sle(p, xhi * ylo) || sle(p, xhi * yhi));
}

// The low half of a product of extended words is the product of the words.
template <Word W>
Formula product_is_low_half(const W& x, const W& y) {
  constexpr unsigned kTwice = 2 * W::kWidth;
  return trunc<W::kWidth>(zext<kTwice>(x) * zext<kTwice>(y)) == x * y &&
         trunc<W::kWidth>(sext<kTwice>(x) * sext<kTwice>(y)) == x * y;
}

// What `quotient` and `remainder` are for y != 0, as numbers.
struct Division {
  Exact x;
  Exact y;
  Exact quotient;
  Exact remainder;

  Formula holds() const {
    const Exact zero = Exact::of(0);
    return ult(zero, y) && ule(zero, quotient) && ule(zero, remainder) && ult(remainder, y) &&
           x == quotient * y + remainder;
  }
};

// q <= p or q >= p + 1, as is true of integers.
inline Formula integers(const Exact& q, const Exact& p) {
  return ule(q, p) || ule(p + Exact::of(1), q);
}

// x <= x2, y2 <= y: quotients keep the order. As numbers, and as words.
inline Formula quotient_is_monotone(const Division& d, const Division& d2) {
  return implies(d.holds() && d2.holds() && integers(d.quotient, d2.quotient) && ule(d.x, d2.x) &&
                     ule(d2.y, d.y),
                 ule(d.quotient, d2.quotient));
}
template <Word W>
Formula quotient_is_monotone(const W& x, const W& y, const W& x2, const W& y2) {
  return implies(y != W::of(0) && y2 != W::of(0) && ule(x, x2) && ule(y2, y),
                 ule(udiv(x, y), udiv(x2, y2)));
}

// A remainder is below the divisor, at most the dividend, and equal to it where that is smaller. As
// numbers, and as words.
inline Formula remainder_is_small(const Division& d) {
  return implies(
      d.holds() && integers(d.quotient, Exact::of(0)),
      ult(d.remainder, d.y) && ule(d.remainder, d.x) && implies(ult(d.x, d.y), d.remainder == d.x));
}
template <Word W>
Formula remainder_is_small(const W& x, const W& y) {
  const W r = urem(x, y);
  return implies(y != W::of(0), ult(r, y) && ule(r, x) && implies(ult(x, y), r == x));
}

// x / 1 == x.
template <Word W>
Formula quotient_by_one(const W& x) {
  return udiv(x, W::of(1)) == x;
}

// The remainder by a power of two is the bits below it.
template <Word W>
Formula remainder_by_power(const W& x, const W& y) {
  return implies(y != W::of(0) && (y & (y - W::of(1))) == W::of(0),
                 urem(x, y) == (x & (y - W::of(1))));
}

template <Word W>
W magnitude(const W& x) {
  return select(slt(x, W::of(0)), W::of(0) - x, x);
}

// Signed quotient and remainder are the unsigned ones of the magnitudes, with the signs' sign and
// the dividend's sign: SMT-LIB's definition of bvsdiv and bvsrem, whatever the width.
template <Word W>
Formula signed_by_magnitude(const W& x, const W& y) {
  const W q = udiv(magnitude(x), magnitude(y));
  const W r = urem(magnitude(x), magnitude(y));
  const auto negative = [](const W& w) { return slt(w, W::of(0)); };
  const auto opposite = !(negative(x) == negative(y));
  return implies(y != W::of(0), sdiv(x, y) == select(opposite, W::of(0) - q, q) &&
                                    srem(x, y) == select(negative(x), W::of(0) - r, r));
}

// No member that is `from` or above is below least_from.
template <Word W>
Formula least_from_is_below(const verifier::Tnum<W>& a, const W& from, const W& x) {
  return implies(contains(a, x) && ule(from, x), ule(least_from(a, from), x));
}

// One step of a tnum's shift follows the same step of the word's, for y a word of the amount.
template <Word W>
Formula shift_bit_is_sound(verifier::Shift kind, const verifier::Tnum<W>& a,
                           const verifier::Tnum<W>& amount, const W& x, const W& y, const W& k) {
  const W shifted = select((y & k) != W::of(0), shift(kind, x, k), x);
  return implies(contains(a, x) && contains(amount, y),
                 contains(shift_bit(kind, a, amount, k), shifted));
}

// x shifted bit of the amount by bit of the amount.
template <Word W>
W shift_by_bits(verifier::Shift kind, W x, const W& y) {
  for (unsigned k = 1; k < W::kWidth; k *= 2) {
    x = select((y & W::of(k)) != W::of(0), shift(kind, x, W::of(k)), x);
  }
  return x;
}

// That is the shift.
template <Word W>
Formula shift_is_by_bits(verifier::Shift kind, const W& x, const W& y) {
  return shift(kind, x, y & W::of(W::kWidth - 1)) == shift_by_bits(kind, x, y);
}

// x == 2h + t, t == 0 or 1: x * y == t * y + h * 2y, with t * y by cases. An identity of
// polynomials, so true of integers modulo 2^N as it is of numbers.
template <class N>
Formula product_by_halves(const N& x, const N& h, const N& y) {
  const N one = N::of(1);
  return implies(x == h + h, x * y == h * (y + y)) &&
         implies(x == h + h + one, x * y == y + h * (y + y));
}

}  // namespace zext::proofs
