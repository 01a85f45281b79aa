// Inside: where an access may lie, as integers that cannot overflow, and whether that is inside.
//
//   const auto at = places(pointer.number, displacement);      // 0..60 plus 4: 4..64
//   ends_within(at, 4, wide(68));                              // true
//
// Templates over the word; proven, as instantiated there with Bv, in
// proofs/transfer/access_test.cc.
#pragma once

#include "verifier/domain/scalar.h"
#include "word/word.h"

namespace zext::verifier {

// First bytes of an access, counted from the region's origin.
template <Word W>
struct Places {
  using Integer = Resize<W, 128>;
  Integer low;
  Integer high;
};

// pointer + displacement, for the pointers that are `offset` from the origin, as signed words.
template <Word W>
constexpr Places<W> places(const Scalar<W>& offset, const W& displacement) {
  const auto by = sext<128>(displacement);
  return {sext<128>(offset.s.lo) + by, sext<128>(offset.s.hi) + by};
}

// Whether `bytes` from any of the places end before `size`.
template <Word W>
constexpr typename W::Bool ends_within(const Places<W>& at, const Resize<W, 128>& bytes,
                                       const Resize<W, 128>& size) {
  return sle(at.high + bytes, size);
}

// Whether they are in the `frame` bytes below the origin.
template <Word W>
constexpr typename W::Bool below_origin(const Places<W>& at, const Resize<W, 128>& bytes,
                                        const Resize<W, 128>& frame) {
  const auto zero = Resize<W, 128>::of(0);
  return sle(zero - frame, at.low) && ends_within(at, bytes, zero);
}

// Whether some of them may be in the `size` bytes from `start`.
template <Word W>
constexpr typename W::Bool may_touch(const Places<W>& at, const Resize<W, 128>& bytes,
                                     const Resize<W, 128>& start, const Resize<W, 128>& size) {
  return slt(at.low, start + size) && slt(start, at.high + bytes);
}

// Whether every such word is a multiple of a power of two.
template <Word W>
constexpr typename W::Bool is_multiple(const Scalar<W>& a, const W& power) {
  return ((a.bits.value | a.bits.mask) & (power - W::of(1))) == W::of(0);
}

}  // namespace zext::verifier
