// SPDX-License-Identifier: Apache-2.0
// A 64-bit multiply-and-xor finalizer chained over the words of the buffer.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t mix64(uint8_t* buffer, uint64_t length) {
  const word64* words = (const word64*)buffer;
  uint64_t state = length;
  for (uint64_t i = 0; i < length / 8; ++i) {
    uint64_t z = words[i] + (state += 0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    state ^= z ^ z >> 31;
  }
  return state;
}
