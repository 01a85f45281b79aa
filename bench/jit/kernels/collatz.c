// SPDX-License-Identifier: Apache-2.0
// Steps of the Collatz sequences of the bytes.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t collatz(uint8_t* buffer, uint64_t length) {
  uint64_t steps = 0;
  for (uint64_t i = 0; i < length; ++i) {
    uint64_t n = buffer[i] + 1u;
    while (n != 1) {
      n = n & 1 ? 3 * n + 1 : n >> 1;
      ++steps;
    }
  }
  return steps;
}
