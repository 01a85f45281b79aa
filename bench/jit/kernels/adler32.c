// SPDX-License-Identifier: Apache-2.0
// Adler-32 (RFC 1950): two sums and a remainder.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t adler32(uint8_t* buffer, uint64_t length) {
  uint32_t a = 1, b = 0;
  for (uint64_t i = 0; i < length; ++i) {
    a = (a + buffer[i]) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}
