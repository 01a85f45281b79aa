// SPDX-License-Identifier: Apache-2.0
// Heap sort of 64-bit words.
#include "bench/jit/kernels/kernel.h"

INLINE void sift(word64* heap, uint64_t at, uint64_t n) {
  const uint64_t value = heap[at];
  for (uint64_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
    if (child + 1 < n && heap[child + 1] > heap[child]) ++child;
    if (heap[child] <= value) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = value;
}

KERNEL uint64_t heap_sort(uint8_t* buffer, uint64_t length) {
  word64* heap = (word64*)buffer;
  const uint64_t n = length / 8;
  for (uint64_t i = n / 2; i-- > 0;) sift(heap, i, n);
  for (uint64_t i = n; i-- > 1;) {
    const uint64_t top = heap[0];
    heap[0] = heap[i];
    heap[i] = top;
    sift(heap, 0, i);
  }
  return heap[n / 2];
}
