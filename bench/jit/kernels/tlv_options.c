// SPDX-License-Identifier: Apache-2.0
// Type-length-value options as TCP has them, in slots of 40 bytes.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t tlv_options(uint8_t* buffer, uint64_t length) {
  uint64_t result = 0;
  for (uint64_t at = 0; at + 40 <= length; at += 40) {
    for (uint32_t i = 0; i < 39;) {
      const uint8_t kind = buffer[at + i] & 15;
      if (kind == 0) break;
      if (kind == 1) {
        ++i;
        continue;
      }
      const uint32_t size = 2 + (buffer[at + i + 1] & 7);
      if (i + size > 40) break;
      if (kind == 2) result += (uint64_t)buffer[at + i + 1] << 8;
      if (kind == 3) result ^= 1ull << (buffer[at + i + 1] & 63);
      if (kind == 8) result = result * 5 + size;
      i += size;
    }
  }
  return result;
}
