// SPDX-License-Identifier: Apache-2.0
// Searches a byte among the 32 that follow it.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t binary_search(bytes buffer, uint64_t length) {
  if (length < 33) return ~0ull;
  uint32_t low = 0;
  uint32_t high = 32;
  for (int i = 0; i < 6; ++i) {
    if (low >= high) break;
    uint32_t middle = (low + high) / 2;
    if (middle > 31) break;
    uint8_t found = buffer[1 + middle];
    if (found == buffer[0]) return middle;
    if (found < buffer[0]) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return ~0ull;
}
