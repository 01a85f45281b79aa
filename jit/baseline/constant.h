// Constants as words: which fields they fit, which powers of two they are.
#pragma once

#include <cstdint>

#include "word/word.h"

namespace zext::jit {

template <Word W>
constexpr W signed_constant(int64_t value) {
  return W::of(static_cast<uint64_t>(value));
}

// Whether x is a sign-extended number of `bits` bits.
template <Word W>
constexpr typename W::Bool fits_signed(unsigned bits, W x) {
  if (bits == 64) return true;
  return ult(x + W::of(uint64_t{1} << (bits - 1)), W::of(uint64_t{1} << bits));
}

template <Word W>
constexpr typename W::Bool fits12(W x) {
  return fits_signed(12, x);
}

// The low 12 bits of x, sign-extended: what an addi can add.
template <Word W>
constexpr W low12(W x) {
  return ashr(shl(x, W::of(52)), W::of(52));
}

template <Word W>
constexpr typename W::Bool is_power_of_two(W x) {
  return x != W::of(0) && (x & (x - W::of(1))) == W::of(0);
}

// The exponent of a power of two.
template <Word W>
constexpr W log2_exact(W power) {
  constexpr uint64_t kMasks[] = {0xaaaaaaaaaaaaaaaa, 0xcccccccccccccccc, 0xf0f0f0f0f0f0f0f0,
                                 0xff00ff00ff00ff00, 0xffff0000ffff0000, 0xffffffff00000000};
  W exponent = W::of(0);
  for (unsigned i = 0; i < 6; ++i) {
    exponent = exponent +
               select((power & W::of(kMasks[i])) != W::of(0), W::of(uint64_t{1} << i), W::of(0));
  }
  return exponent;
}

}  // namespace zext::jit
