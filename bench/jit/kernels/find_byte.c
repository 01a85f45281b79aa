// SPDX-License-Identifier: Apache-2.0
// Looks for zero bytes eight at a time, by arithmetic on whole words.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t find_byte(uint8_t* buffer, uint64_t length) {
  const word64* words = (const word64*)buffer;
  uint64_t result = 0;
  for (uint64_t i = 0; i < length / 8; ++i) {
    const uint64_t x = words[i] ^ 0x2020202020202020;
    const uint64_t zeros = (x - 0x0101010101010101) & ~x & 0x8080808080808080;
    if (zeros != 0) result += i ^ zeros;
  }
  return result;
}
