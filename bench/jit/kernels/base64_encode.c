// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648): the first third of the buffer, written behind it.
#include "bench/jit/kernels/kernel.h"

INLINE uint8_t digit(uint32_t six) {
  if (six < 26) return (uint8_t)('A' + six);
  if (six < 52) return (uint8_t)('a' + six - 26);
  if (six < 62) return (uint8_t)('0' + six - 52);
  return six == 62 ? '+' : '/';
}

KERNEL uint64_t base64_encode(uint8_t* buffer, uint64_t length) {
  const uint64_t bytes = length / 9 * 3;
  uint8_t* out = buffer + bytes;
  for (uint64_t i = 0; i < bytes; i += 3) {
    const uint32_t v = (uint32_t)buffer[i] << 16 | (uint32_t)buffer[i + 1] << 8 | buffer[i + 2];
    out[0] = digit(v >> 18);
    out[1] = digit(v >> 12 & 63);
    out[2] = digit(v >> 6 & 63);
    out[3] = digit(v & 63);
    out += 4;
  }
  return (uint64_t)(out - buffer);
}
