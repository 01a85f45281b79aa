// SPDX-License-Identifier: Apache-2.0
// A function of five arguments, one of them a pointer, called for each record.
#include "bench/jit/kernels/kernel.h"

NOINLINE uint64_t update(uint8_t* record, uint64_t key, uint32_t weight, int32_t bias,
                         uint64_t mask) {
  word32* words = (word32*)record;
  if (key == 0) return 0;
  words[0] += weight;
  words[1] = (words[1] ^ (uint32_t)key) & (uint32_t)mask;
  if ((int32_t)words[2] < bias) words[2] -= (uint32_t)bias;
  return words[0] ^ words[2];
}

KERNEL uint64_t five_arguments(uint8_t* buffer, uint64_t length) {
  uint64_t result = 0;
  for (uint64_t at = 0; at + 16 <= length; at += 16) {
    result += update(buffer + at, at & 48, (uint32_t)result, -(int32_t)at, ~at);
  }
  return result;
}
