// SPDX-License-Identifier: Apache-2.0
// Several helpers for each word, each given what those before returned.
#include "bench/jit/kernels/helpers.h"

KERNEL uint64_t helper_chain(uint8_t* buffer, uint64_t length) {
  word64* words = (word64*)buffer;
  uint64_t result = 0;
  for (uint64_t i = 0; i < length / 8; ++i) {
    const uint64_t key = helper_mix(words[i], helper_time());
    const uint64_t slot = helper_reduce(key, 16);
    words[slot] ^= key & 0xff;
    result = result * 31 + helper_mix(slot, result);
  }
  return result;
}
