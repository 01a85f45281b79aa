// One vocabulary for machine words, so that the code that runs is the code that is proven.
//
//   template <Word W>
//   constexpr W absolute(W x) {
//     return select(slt(x, W::of(0)), W::of(0) - x, x);
//   }
//   absolute(Bits<32>::of(-5));               // computes 5
//   absolute(Bv<32>::variable("x"));          // a Z3 term about every x
//
// Two types model it: Bits<N> (word/bits.h) computes, Bv<N> (word/bv.h) reasons. Each operation is
// total and has the meaning of SMT-LIB's bit-vector operation of that name (theory
// FixedSizeBitVectors): shifts by N or more give zero (ashr: the sign), udiv by zero gives all
// ones, urem and srem by zero give the dividend, sdiv by zero gives 1 for a negative dividend and
// -1 for any other, and sdiv(min, -1) is min. Signedness is in the name, widths are in the type.
#pragma once

#include <concepts>
#include <cstdint>

namespace zext {

// Declared early: a name of a template must be known where the generic code below calls it, and in
// this namespace `zext` would otherwise be the namespace.
template <unsigned N>
class Bits;
template <unsigned M, unsigned N>
constexpr Bits<M> zext(Bits<N> x);
template <unsigned M, unsigned N>
constexpr Bits<M> sext(Bits<N> x);
template <unsigned M, unsigned N>
constexpr Bits<M> trunc(Bits<N> x);

template <class W>
concept Word = requires(W a, W b, typename W::Bool c) {
  { W::kWidth } -> std::convertible_to<unsigned>;
  { W::of(uint64_t{1}) } -> std::same_as<W>;
  typename W::template Of<8>;
  { a + b } -> std::same_as<W>;
  { a - b } -> std::same_as<W>;
  { a* b } -> std::same_as<W>;
  { a& b } -> std::same_as<W>;
  { a | b } -> std::same_as<W>;
  { a ^ b } -> std::same_as<W>;
  { ~a } -> std::same_as<W>;
  { a == b } -> std::same_as<typename W::Bool>;
  { a != b } -> std::same_as<typename W::Bool>;
  { shl(a, b) } -> std::same_as<W>;
  { lshr(a, b) } -> std::same_as<W>;
  { ashr(a, b) } -> std::same_as<W>;
  { udiv(a, b) } -> std::same_as<W>;
  { urem(a, b) } -> std::same_as<W>;
  { sdiv(a, b) } -> std::same_as<W>;
  { srem(a, b) } -> std::same_as<W>;
  { ult(a, b) } -> std::same_as<typename W::Bool>;
  { ule(a, b) } -> std::same_as<typename W::Bool>;
  { slt(a, b) } -> std::same_as<typename W::Bool>;
  { sle(a, b) } -> std::same_as<typename W::Bool>;
  { select(c, a, b) } -> std::same_as<W>;
  { c&& c } -> std::same_as<typename W::Bool>;
  { c || c } -> std::same_as<typename W::Bool>;
  { !c } -> std::same_as<typename W::Bool>;
};

// W's sibling of M bits: Resize<Bits<64>, 32> is Bits<32>.
template <Word W, unsigned M>
using Resize = typename W::template Of<M>;

// zext or trunc to M bits, whichever applies; for code that is generic in the width.
template <unsigned M, Word W>
constexpr Resize<W, M> zext_or_trunc(W x) {
  if constexpr (M > W::kWidth) {
    return zext<M>(x);
  } else if constexpr (M < W::kWidth) {
    return trunc<M>(x);
  } else {
    return x;
  }
}

// sext or trunc to M bits, whichever applies.
template <unsigned M, Word W>
constexpr Resize<W, M> sext_or_trunc(W x) {
  if constexpr (M > W::kWidth) {
    return sext<M>(x);
  } else {
    return zext_or_trunc<M>(x);
  }
}

// The order of bytes reversed (`bswap` of RFC 9669, section 4.2; `rev8` of Zbb).
template <Word W>
constexpr W byte_reverse(W x) {
  static_assert(W::kWidth % 8 == 0);
  W result = W::of(0);
  for (unsigned i = 0; i < W::kWidth; i += 8) {
    const W byte = lshr(x, W::of(i)) & W::of(0xff);
    result = result | shl(byte, W::of(W::kWidth - 8 - i));
  }
  return result;
}

}  // namespace zext
