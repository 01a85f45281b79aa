// SPDX-License-Identifier: Apache-2.0
// Decodes up to 16 bytes of hexadecimal text into an array on the stack.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t hex_decode(bytes buffer, uint64_t length) {
  uint8_t out[16] = {};
  for (uint32_t i = 0; i < 32; ++i) {
    if (i >= length) break;
    uint32_t c = buffer[i];
    uint32_t digit = c <= 57 ? c - 48 : (c | 32) - 87;
    if (digit > 15) break;
    out[i / 2] |= i & 1 ? digit : digit << 4;
  }
  uint64_t sum = 0;
  for (int i = 0; i < 16; ++i) sum = sum * 31 + out[i];
  return sum;
}
