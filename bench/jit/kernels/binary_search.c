// SPDX-License-Identifier: Apache-2.0
// Binary searches in the buffer as sorted 32-bit words, which it makes so first.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t binary_search(uint8_t* buffer, uint64_t length) {
  word32* words = (word32*)buffer;
  const uint32_t n = (uint32_t)(length / 4);
  uint32_t last = 0;
  for (uint32_t i = 0; i < n; ++i) words[i] = last += 1 + (words[i] & 7);
  uint64_t found = 0;
  for (uint32_t key = 1; key < last; key += 13) {
    uint32_t low = 0, high = n;
    while (low < high) {
      const uint32_t middle = (low + high) / 2;
      if (words[middle] < key) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    found = found * 3 + low + (low < n && words[low] == key);
  }
  return found;
}
