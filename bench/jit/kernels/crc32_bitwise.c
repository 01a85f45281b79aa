// SPDX-License-Identifier: Apache-2.0
// CRC-32 (IEEE 802.3), a bit at a time.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t crc32_bitwise(uint8_t* buffer, uint64_t length) {
  uint32_t crc = ~0u;
  for (uint64_t i = 0; i < length; ++i) {
    crc ^= buffer[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
  }
  return (uint32_t)~crc;
}
