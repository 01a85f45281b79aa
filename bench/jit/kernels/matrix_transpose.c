// SPDX-License-Identifier: Apache-2.0
// Transposes a 32 by 32 matrix of 64-bit integers in place, three times.
#include "bench/jit/kernels/kernel.h"

#define N 32

KERNEL uint64_t matrix_transpose(uint8_t* buffer, uint64_t length) {
  if (length < N * N * 8) return 0;
  word64* m = (word64*)buffer;
  uint64_t sum = 0;
  for (int times = 0; times < 3; ++times) {
    for (uint64_t i = 0; i < N; ++i) {
      for (uint64_t j = 0; j < i; ++j) {
        const uint64_t other = m[i * N + j];
        m[i * N + j] = m[j * N + i];
        m[j * N + i] = other + i;
      }
    }
    sum = sum * 3 + m[N];
  }
  return sum;
}
