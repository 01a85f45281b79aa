// SPDX-License-Identifier: Apache-2.0
// A product of two long numbers in 32-bit digits.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t long_multiply(uint8_t* buffer, uint64_t length) {
  const uint64_t n = length / 16;
  const word32* a = (const word32*)buffer;
  const word32* b = a + n;
  word32* product = (word32*)buffer + 2 * n;
  for (uint64_t i = 0; i < 2 * n; ++i) product[i] = 0;
  for (uint64_t i = 0; i < n; ++i) {
    uint64_t carry = 0;
    for (uint64_t j = 0; j < n; ++j) {
      carry += (uint64_t)a[i] * b[j] + product[i + j];
      product[i + j] = (uint32_t)carry;
      carry >>= 32;
    }
    product[i + n] = (uint32_t)carry;
  }
  return product[2 * n - 1];
}
