// SPDX-License-Identifier: Apache-2.0
// Clamps a signed number and indexes with it, from both sides of zero.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t signed_clamp(bytes buffer, uint64_t length) {
  uint8_t table[16];
  for (uint64_t i = 0; i < 16; ++i) table[i] = i * 7 + length;
  if (length < 4) return 0;
  __asm__ volatile("" ::"r"(table) : "memory");
  int32_t value = (int32_t)le32(buffer);
  if (value < -8) value = -8;
  if (value > 7) value = 7;
  return table[value + 8];
}
