// SPDX-License-Identifier: Apache-2.0
// Counts bits of words, by sums of ever wider fields.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t bit_count(uint8_t* buffer, uint64_t length) {
  const word64* words = (const word64*)buffer;
  uint64_t bits = 0;
  for (uint64_t i = 0; i < length / 8; ++i) {
    uint64_t x = words[i];
    x -= x >> 1 & 0x5555555555555555;
    x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
    bits += x * 0x0101010101010101 >> 56;
  }
  return bits;
}
