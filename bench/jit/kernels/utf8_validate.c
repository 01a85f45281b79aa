// SPDX-License-Identifier: Apache-2.0
// Counts the code points of a text and the bytes that are no UTF-8.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t utf8_validate(uint8_t* buffer, uint64_t length) {
  uint64_t points = 0, wrong = 0, sum = 0;
  for (uint64_t i = 0; i < length;) {
    const uint8_t c = buffer[i++];
    uint32_t more = 0, point = c;
    if (c >= 0xf0 && c < 0xf5) {
      more = 3, point = c & 7;
    } else if (c >= 0xe0 && c < 0xf0) {
      more = 2, point = c & 15;
    } else if (c >= 0xc2 && c < 0xe0) {
      more = 1, point = c & 31;
    } else if (c >= 0x80) {
      ++wrong;
      continue;
    }
    while (more != 0 && i < length && (buffer[i] & 0xc0) == 0x80) {
      point = point << 6 | (buffer[i++] & 63u);
      --more;
    }
    if (more != 0) {
      ++wrong;
    } else {
      ++points;
      sum += point;
    }
  }
  return points << 48 ^ wrong << 32 ^ sum;
}
