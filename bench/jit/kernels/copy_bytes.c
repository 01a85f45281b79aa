// SPDX-License-Identifier: Apache-2.0
// Copies the lower half of the buffer to the upper one, byte by byte, backwards.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t copy_bytes(uint8_t* buffer, uint64_t length) {
  const uint64_t half = length / 2;
  for (uint64_t i = half; i-- > 0;) buffer[half + i] = buffer[i];
  return buffer[half];
}
