// SPDX-License-Identifier: Apache-2.0
// Counts the bytes of the upper part of the buffer in its lower 1024 bytes.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t histogram(uint8_t* buffer, uint64_t length) {
  word32* counts = (word32*)buffer;
  for (int i = 0; i < 256; ++i) counts[i] = 0;
  for (uint64_t i = 1024; i < length; ++i) ++counts[buffer[i]];
  uint32_t most = 0;
  for (uint32_t i = 0; i < 256; ++i) {
    if (counts[i] > counts[most]) most = i;
  }
  return most;
}
