// SPDX-License-Identifier: Apache-2.0
// Copies the lower half of the buffer to the upper one, word by word.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t copy_words(uint8_t* buffer, uint64_t length) {
  const word64* from = (const word64*)buffer;
  word64* to = (word64*)(buffer + length / 2);
  for (uint64_t i = 0; i < length / 16; ++i) to[i] = from[i];
  return to[0];
}
