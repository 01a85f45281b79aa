// SPDX-License-Identifier: Apache-2.0
// Prints 64-bit numbers in decimal, over the words they came from.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t decimal_digits(uint8_t* buffer, uint64_t length) {
  uint64_t written = 0;
  for (uint64_t at = 0; at + 32 <= length; at += 32) {
    uint64_t value = *(const word64*)(buffer + at);
    uint64_t i = 31;
    do {
      buffer[at + i--] = (uint8_t)('0' + value % 10);
      value /= 10;
    } while (value != 0);
    written += 31 - i;
  }
  return written;
}
