// SPDX-License-Identifier: Apache-2.0
// RC4: its state in the buffer's first 256 bytes, the text behind.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t rc4(uint8_t* buffer, uint64_t length) {
  uint8_t* s = buffer;
  for (int i = 0; i < 256; ++i) s[i] = (uint8_t)i;
  uint8_t j = 0;
  for (int i = 0; i < 256; ++i) {
    const uint8_t x = s[i];
    j = (uint8_t)(j + x + (i & 15) * 17);
    s[i] = s[j];
    s[j] = x;
  }
  uint8_t i = 0;
  j = 0;
  for (uint64_t at = 256; at < length; ++at) {
    const uint8_t x = s[++i];
    j = (uint8_t)(j + x);
    const uint8_t y = s[j];
    s[i] = y;
    s[j] = x;
    buffer[at] ^= s[(uint8_t)(x + y)];
  }
  return buffer[length - 1];
}
