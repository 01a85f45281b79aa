// SPDX-License-Identifier: Apache-2.0
// Greatest common divisors of pairs of 32-bit words, by Euclid's algorithm.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t gcd(uint8_t* buffer, uint64_t length) {
  const word32* words = (const word32*)buffer;
  uint64_t sum = 0;
  for (uint64_t i = 0; i + 2 <= length / 4; i += 2) {
    uint32_t a = words[i], b = words[i + 1];
    while (b != 0) {
      const uint32_t rest = a % b;
      a = b;
      b = rest;
    }
    sum = sum * 7 + a;
  }
  return sum;
}
