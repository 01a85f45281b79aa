// SPDX-License-Identifier: Apache-2.0
// Levenshtein's distance of the buffer's two quarters, a row at a time behind them.
#include "bench/jit/kernels/kernel.h"

INLINE uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

KERNEL uint64_t edit_distance(uint8_t* buffer, uint64_t length) {
  const uint64_t n = length / 4;
  const uint8_t* a = buffer;
  const uint8_t* b = buffer + n;
  word16* row = (word16*)(buffer + 2 * n);
  for (uint64_t j = 0; j < n; ++j) row[j] = (uint16_t)j;
  for (uint64_t i = 1; i < n; ++i) {
    uint32_t diagonal = row[0];
    row[0] = (uint16_t)i;
    for (uint64_t j = 1; j < n; ++j) {
      const uint32_t above = row[j];
      const uint32_t change = diagonal + ((a[i] & 3) != (b[j] & 3));
      row[j] = (uint16_t)smaller(change, smaller(above, row[j - 1]) + 1);
      diagonal = above;
    }
  }
  return row[n - 1];
}
