// Bounds: the integer arithmetic of Relations, over any type of numbers.
//
//   least_of(Wide::of(3), Wide::of(1), Wide::of(9));      // 3: of 3 * x for x in [1, 9]
//   limit_of(Wide::of(7), Wide::of(2));                   // -3: 2 * s + r >= 0 with r <= 7
//
// Relations computes with 128-bit words, in which nothing wraps; that, and each bound, is proven in
// proofs/transfer/relations_test.cc.
#pragma once

#include "word/bits.h"

namespace zext::verifier {

// What Relations instantiates N with.
using Wide = Bits<128>;
__extension__ using Int128 = __int128;

constexpr Wide wide(Int128 value) { return Wide::wrap(static_cast<Wide::Wide>(value)); }

// The least of factor * x, for x from lo to hi.
template <class N>
constexpr N least_of(const N& factor, const N& lo, const N& hi) {
  return factor * select(slt(N::of(0), factor), lo, hi);
}

// The greatest integer q with q * b <= a, for b > 0.
template <class N>
constexpr N floor_division(const N& a, const N& b) {
  const N toward_zero = sdiv(a, b);
  return select(slt(srem(a, b), N::of(0)), toward_zero - N::of(1), toward_zero);
}

// What factor * s + rest >= 0 says of an integer s where rest <= most: that s is at least this if
// the factor is positive, at most this if it is negative. The factor is not 0.
template <class N>
constexpr N limit_of(const N& most, const N& factor) {
  const N zero = N::of(0);
  const auto positive = slt(zero, factor);
  const N quotient = floor_division(most, select(positive, factor, zero - factor));
  return select(positive, zero - quotient, quotient);
}

// The first k for which `most` + k * turn reaches `least`, for turn > 0.
template <class N>
constexpr N first_turn(const N& least, const N& most, const N& turn) {
  return N::of(0) - floor_division(most - least, turn);
}

// The m > 0 for which wanted - m * factor == 0; 0 if there is none. The factor is not 0.
template <class N>
constexpr N cancelling(const N& wanted, const N& factor) {
  const N zero = N::of(0);
  const auto same_sign = slt(zero, factor) == slt(zero, wanted);
  return select(same_sign && srem(wanted, factor) == zero, sdiv(wanted, factor), zero);
}

}  // namespace zext::verifier
