// SPDX-License-Identifier: Apache-2.0
// Turns words of 16, 32 and 64 bits from network to host order.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t swap_bytes(uint8_t* buffer, uint64_t length) {
  uint64_t sum = 0;
  for (uint64_t at = 0; at + 16 <= length; at += 16) {
    word64* wide = (word64*)(buffer + at);
    word32* half = (word32*)(buffer + at + 8);
    word16* quarter = (word16*)(buffer + at + 12);
    *wide = __builtin_bswap64(*wide);
    *half = __builtin_bswap32(*half);
    quarter[0] = __builtin_bswap16(quarter[0]);
    sum += *wide ^ *half ^ quarter[0];
  }
  return sum;
}
