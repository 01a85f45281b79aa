// SPDX-License-Identifier: Apache-2.0
// Lengths of zero-terminated strings, one behind the other.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t string_lengths(uint8_t* buffer, uint64_t length) {
  uint64_t result = 0;
  buffer[length - 1] = 0;
  for (uint64_t at = 0; at < length;) {
    uint64_t n = 0;
    while (buffer[at + n] != 0) ++n;
    result = result * 3 + n;
    at += n + 1;
  }
  return result;
}
