// SPDX-License-Identifier: Apache-2.0
// Insertion sort of signed 32-bit words.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t insertion_sort(uint8_t* buffer, uint64_t length) {
  typedef int32_t __attribute__((may_alias)) number;
  number* numbers = (number*)buffer;
  const int64_t n = (int64_t)(length / 4);
  for (int64_t i = 1; i < n; ++i) {
    const int32_t value = numbers[i];
    int64_t j = i;
    for (; j > 0 && numbers[j - 1] > value; --j) numbers[j] = numbers[j - 1];
    numbers[j] = value;
  }
  return (uint32_t)numbers[n / 2];
}
