// SPDX-License-Identifier: Apache-2.0
// CRC-8 with polynomial 7, bit by bit: a loop in a loop.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t crc8(bytes buffer, uint64_t length) {
  uint32_t crc = 0;
  for (uint64_t i = 0; i < 40 && i < length; ++i) {
    crc ^= buffer[i];
#pragma clang loop unroll(disable)
    for (int bit = 0; bit < 8; ++bit) crc = crc & 0x80 ? (crc << 1 ^ 7) & 0xff : crc << 1;
  }
  return crc;
}
