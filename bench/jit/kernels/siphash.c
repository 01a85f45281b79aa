// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 (Aumasson and Bernstein, 2012) over whole words.
#include "bench/jit/kernels/kernel.h"

INLINE void round_of(uint64_t v[4]) {
  v[0] += v[1];
  v[1] = rotate64(v[1], 13) ^ v[0];
  v[0] = rotate64(v[0], 32);
  v[2] += v[3];
  v[3] = rotate64(v[3], 16) ^ v[2];
  v[0] += v[3];
  v[3] = rotate64(v[3], 21) ^ v[0];
  v[2] += v[1];
  v[1] = rotate64(v[1], 17) ^ v[2];
  v[2] = rotate64(v[2], 32);
}

KERNEL uint64_t siphash(uint8_t* buffer, uint64_t length) {
  const word64* words = (const word64*)buffer;
  const uint64_t k0 = 0x0706050403020100, k1 = 0x0f0e0d0c0b0a0908;
  uint64_t v[4] = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                   k1 ^ 0x7465646279746573};
  for (uint64_t i = 0; i < length / 8; ++i) {
    v[3] ^= words[i];
    round_of(v);
    round_of(v);
    v[0] ^= words[i];
  }
  const uint64_t last = length << 56;
  v[3] ^= last;
  round_of(v);
  round_of(v);
  v[0] ^= last;
  v[2] ^= 0xff;
  for (int i = 0; i < 4; ++i) round_of(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}
