// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648) decoded in place; other signs are skipped.
#include "bench/jit/kernels/kernel.h"

INLINE int value_of(uint8_t c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

KERNEL uint64_t base64_decode(uint8_t* buffer, uint64_t length) {
  uint64_t out = 0;
  uint32_t bits = 0, have = 0;
  for (uint64_t i = 0; i < length; ++i) {
    const int value = value_of(buffer[i]);
    if (value < 0) continue;
    bits = bits << 6 | (uint32_t)value;
    have += 6;
    if (have >= 8) {
      have -= 8;
      buffer[out++] = (uint8_t)(bits >> have);
    }
  }
  return out;
}
