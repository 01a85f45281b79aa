// SPDX-License-Identifier: Apache-2.0
// Counts the code points of UTF-8 text; a state machine that rejects malformed bytes.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t utf8(bytes buffer, uint64_t length) {
  uint32_t expected = 0;
  uint64_t points = 0;
  for (uint32_t i = 0; i < 100; ++i) {
    if (i >= length) break;
    uint32_t byte = buffer[i];
    if (expected > 0) {
      if ((byte & 0xc0) != 0x80) return ~0ull;
      --expected;
      continue;
    }
    ++points;
    if (byte < 0x80) continue;
    if ((byte & 0xe0) == 0xc0) {
      expected = 1;
    } else if ((byte & 0xf0) == 0xe0) {
      expected = 2;
    } else if ((byte & 0xf8) == 0xf0) {
      expected = 3;
    } else {
      return ~0ull;
    }
  }
  return points;
}
