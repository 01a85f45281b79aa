// SPDX-License-Identifier: Apache-2.0
// A product of two 16 by 16 matrices of 32-bit integers.
#include "bench/jit/kernels/kernel.h"

#define N 16

KERNEL uint64_t matrix_multiply(uint8_t* buffer, uint64_t length) {
  if (length < 3 * N * N * 4) return 0;
  const word32* a = (const word32*)buffer;
  const word32* b = a + N * N;
  word32* c = (word32*)buffer + 2 * N * N;
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      uint32_t sum = 0;
      for (int k = 0; k < N; ++k) sum += a[i * N + k] * b[k * N + j];
      c[i * N + j] = sum;
    }
  }
  return c[N + 1];
}
