// SPDX-License-Identifier: Apache-2.0
// A counter of eight bits that is to reach more.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t narrow_counter(bytes buffer, uint64_t length) {
  uint64_t sum = 0;
  if (length < 2) return 0;
  uint32_t limit = buffer[0] * 4;
  for (uint8_t i = 0; i < limit; ++i) {
    sum += buffer[1];
    __asm__ volatile("" : "+r"(sum));
  }
  return sum;
}
