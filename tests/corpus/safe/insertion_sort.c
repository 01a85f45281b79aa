// SPDX-License-Identifier: Apache-2.0
// Sorts eight bytes on the stack; the median.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t insertion_sort(bytes buffer, uint64_t length) {
  uint8_t sorted[8];
  if (length < 8) return 0;
  for (int i = 0; i < 8; ++i) sorted[i] = buffer[i];
#pragma clang loop unroll(disable)
  for (int i = 1; i < 8; ++i) {
    uint8_t value = sorted[i];
    int j = i;
#pragma clang loop unroll(disable)
    for (; j > 0 && sorted[j - 1] > value; --j) sorted[j] = sorted[j - 1];
    sorted[j] = value;
  }
  return sorted[4];
}
