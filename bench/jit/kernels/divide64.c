// SPDX-License-Identifier: Apache-2.0
// A chain of 64-bit divisions and remainders, signed ones too.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t divide64(uint8_t* buffer, uint64_t length) {
  const word64* words = (const word64*)buffer;
  uint64_t result = 1;
  for (uint64_t i = 0; i + 2 <= length / 8; i += 2) {
    const uint64_t a = words[i], b = words[i + 1] >> 40 | 1;
    result += a / b;
    result ^= a % b;
    result += (uint64_t)((int64_t)a / -(int64_t)b);
    result = result * 7 + result % 1000;
  }
  return result;
}
