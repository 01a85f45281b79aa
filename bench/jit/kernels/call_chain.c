// SPDX-License-Identifier: Apache-2.0
// Four functions that call each other, each with a little to do.
#include "bench/jit/kernels/kernel.h"

NOINLINE uint64_t fourth(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  return a * 3 + (b ^ c) + (d >> 3);
}
NOINLINE uint64_t third(uint64_t a, uint64_t b, uint64_t c) {
  return fourth(a, b, c, a ^ c) + fourth(c, b, a, 77) * b;
}
NOINLINE uint64_t second(uint64_t a, uint64_t b) {
  return third(a, b, a + b) ^ third(b, a, a - b) ^ a;
}
NOINLINE uint64_t first(uint64_t a) { return second(a, a << 7) + second(a >> 5, 9); }

KERNEL uint64_t call_chain(uint8_t* buffer, uint64_t length) {
  const word64* words = (const word64*)buffer;
  uint64_t result = 0;
  for (uint64_t i = 0; i < length / 8; ++i) result = result * 5 + first(words[i] ^ result);
  return result;
}
