// SPDX-License-Identifier: Apache-2.0
// Quicksort of 32-bit words with a stack of its own on the stack.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t quick_sort(uint8_t* buffer, uint64_t length) {
  word32* words = (word32*)buffer;
  uint32_t stack[48];
  uint32_t depth = 2;
  stack[0] = 0;
  stack[1] = (uint32_t)(length / 4) - 1;
  while (depth != 0 && depth <= 46) {
    const int32_t last = (int32_t)stack[--depth];
    const int32_t first = (int32_t)stack[--depth];
    if (first >= last) continue;
    const uint32_t pivot = words[(first + last) / 2];
    int32_t i = first, j = last;
    while (i <= j) {
      while (words[i] < pivot) ++i;
      while (words[j] > pivot) --j;
      if (i <= j) {
        const uint32_t other = words[i];
        words[i++] = words[j];
        words[j--] = other;
      }
    }
    stack[depth++] = (uint32_t)first, stack[depth++] = (uint32_t)j;
    stack[depth++] = (uint32_t)i, stack[depth++] = (uint32_t)last;
  }
  return words[length / 8];
}
