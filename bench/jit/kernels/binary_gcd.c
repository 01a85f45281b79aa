// SPDX-License-Identifier: Apache-2.0
// Greatest common divisors of pairs of 64-bit words, by shifts and subtractions.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t binary_gcd(uint8_t* buffer, uint64_t length) {
  const word64* words = (const word64*)buffer;
  uint64_t sum = 0;
  for (uint64_t i = 0; i + 2 <= length / 8; i += 2) {
    uint64_t a = words[i] | 1, b = words[i + 1] | 1;
    while (a != b) {
      if (a > b) {
        a -= b;
        while ((a & 1) == 0) a >>= 1;
      } else {
        b -= a;
        while ((b & 1) == 0) b >>= 1;
      }
    }
    sum = sum * 7 + a;
  }
  return sum;
}
