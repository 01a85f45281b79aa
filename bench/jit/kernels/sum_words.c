// SPDX-License-Identifier: Apache-2.0
// Sums 32-bit words, and the signed ones besides.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t sum_words(uint8_t* buffer, uint64_t length) {
  const word32* words = (const word32*)buffer;
  uint64_t sum = 0;
  int64_t difference = 0;
  for (uint64_t i = 0; i < length / 4; ++i) {
    sum += words[i];
    difference -= (int32_t)words[i];
  }
  return sum ^ (uint64_t)difference;
}
