// SPDX-License-Identifier: Apache-2.0
// Clamps signed 32-bit numbers, their minimum and maximum: signed comparisons.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t signed_range(uint8_t* buffer, uint64_t length) {
  typedef int32_t __attribute__((may_alias)) number;
  number* numbers = (number*)buffer;
  int32_t low = INT32_MAX, high = INT32_MIN;
  int64_t sum = 0;
  for (uint64_t i = 0; i < length / 4; ++i) {
    int32_t x = numbers[i];
    if (x < low) low = x;
    if (x > high) high = x;
    if (x < -1000000) x = -1000000;
    if (x > 1000000) x = 1000000;
    sum += x / 3;
    numbers[i] = x;
  }
  return (uint64_t)sum ^ (uint32_t)low ^ (uint64_t)(uint32_t)high << 32;
}
