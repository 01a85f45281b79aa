// SPDX-License-Identifier: Apache-2.0
// Indexes an array of 16 with a byte.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t table_by_byte(bytes buffer, uint64_t length) {
  uint8_t table[16];
  for (uint64_t i = 0; i < 16; ++i) table[i] = i * 7 + length;
  if (length < 1) return 0;
  __asm__ volatile("" ::"r"(table) : "memory");
  return table[buffer[0]];
}
