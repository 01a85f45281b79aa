// SPDX-License-Identifier: Apache-2.0
// MurmurHash3's 32-bit variant (Appleby) over whole words.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t murmur3(uint8_t* buffer, uint64_t length) {
  const word32* words = (const word32*)buffer;
  uint32_t hash = 0x12345678;
  for (uint64_t i = 0; i < length / 4; ++i) {
    uint32_t k = words[i] * 0xcc9e2d51u;
    k = rotate32(k, 15) * 0x1b873593u;
    hash = rotate32(hash ^ k, 13) * 5 + 0xe6546b64u;
  }
  hash ^= (uint32_t)length;
  hash = (hash ^ hash >> 16) * 0x85ebca6bu;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
  return hash ^ hash >> 16;
}
