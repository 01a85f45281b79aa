// SPDX-License-Identifier: Apache-2.0
// Fibonacci numbers by double recursion, as deep as eBPF's eight frames.
#include "bench/jit/kernels/kernel.h"

NOINLINE uint64_t fibonacci(uint64_t n) {
  if (n < 2) return n;
  return fibonacci(n - 1) + fibonacci(n - 2);
}

KERNEL uint64_t recursion(uint8_t* buffer, uint64_t length) {
  uint64_t result = 0;
  for (uint64_t i = 0; i < length; ++i) result = result * 3 + fibonacci(buffer[i] & 7);
  return result;
}
