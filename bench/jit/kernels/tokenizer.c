// SPDX-License-Identifier: Apache-2.0
// Counts words, numbers and other signs of a text, and sums the numbers.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t tokenizer(uint8_t* buffer, uint64_t length) {
  uint64_t words = 0, numbers = 0, signs = 0, sum = 0;
  for (uint64_t i = 0; i < length;) {
    const uint8_t c = buffer[i];
    if (c == ' ' || c == '\n' || c == '\t') {
      ++i;
    } else if ((c | 32) >= 'a' && (c | 32) <= 'z') {
      ++words;
      while (i < length && (buffer[i] | 32) >= 'a' && (buffer[i] | 32) <= 'z') ++i;
    } else if (c >= '0' && c <= '9') {
      uint64_t value = 0;
      for (; i < length && buffer[i] >= '0' && buffer[i] <= '9'; ++i) {
        value = value * 10 + buffer[i] - '0';
      }
      ++numbers;
      sum += value;
    } else {
      ++signs;
      ++i;
    }
  }
  return words << 48 ^ numbers << 32 ^ signs << 16 ^ sum;
}
