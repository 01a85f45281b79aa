// SPDX-License-Identifier: Apache-2.0
// Checks a signed index from above only.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t negative_index(bytes buffer, uint64_t length) {
  uint8_t table[16];
  for (uint64_t i = 0; i < 16; ++i) table[i] = i * 7 + length;
  if (length < 4) return 0;
  __asm__ volatile("" ::"r"(table) : "memory");
  int32_t index = (int32_t)le32(buffer);
  if (index > 15) return 0;
  return table[index];
}
