// SPDX-License-Identifier: Apache-2.0
// Counts nibbles in an array on the stack, indexed by the data.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t histogram(bytes buffer, uint64_t length) {
  uint32_t counts[16] = {};
  for (uint64_t i = 0; i < 64 && i < length; ++i) {
    ++counts[buffer[i] & 15];
    ++counts[buffer[i] >> 4];
  }
  uint64_t most = 0;
  for (uint32_t i = 1; i < 16; ++i) {
    if (counts[i] > counts[most & 15]) most = i;
  }
  return most;
}
