// SPDX-License-Identifier: Apache-2.0
// Variable-length integers, seven bits a byte, summed.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t varints(uint8_t* buffer, uint64_t length) {
  uint64_t sum = 0, value = 0;
  unsigned shift = 0;
  for (uint64_t i = 0; i < length; ++i) {
    value |= (uint64_t)(buffer[i] & 127) << shift;
    shift = (shift + 7) & 63;
    if (buffer[i] < 128) {
      sum = sum * 3 + (value >> 1 ^ -(value & 1));
      value = 0;
      shift = 0;
    }
  }
  return sum;
}
