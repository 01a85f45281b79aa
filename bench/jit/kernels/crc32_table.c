// SPDX-License-Identifier: Apache-2.0
// CRC-32 by a table of 256 words, which it first builds in the buffer.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t crc32_table(uint8_t* buffer, uint64_t length) {
  word32* table = (word32*)buffer;
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    table[i] = crc;
  }
  uint32_t crc = ~0u;
  for (uint64_t i = 1024; i < length; ++i) crc = table[(uint8_t)crc ^ buffer[i]] ^ crc >> 8;
  return (uint32_t)~crc;
}
