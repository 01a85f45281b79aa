// SPDX-License-Identifier: Apache-2.0
// Counts down by two and waits for exactly zero.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t countdown_by_two(bytes buffer, uint64_t length) {
  if (length < 1) return 0;
  uint64_t left = buffer[0];
  uint64_t rounds = 0;
  while (left != 0) {
    left -= 2;
    ++rounds;
    __asm__ volatile("" : "+r"(left), "+r"(rounds));
  }
  return rounds;
}
