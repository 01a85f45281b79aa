// SPDX-License-Identifier: Apache-2.0
// ChaCha20 (RFC 8439) encrypting the buffer in place; the state is on the stack.
#include "bench/jit/kernels/kernel.h"

INLINE void quarter(uint32_t* s, int a, int b, int c, int d) {
  s[a] += s[b], s[d] = rotate32(s[d] ^ s[a], 16);
  s[c] += s[d], s[b] = rotate32(s[b] ^ s[c], 12);
  s[a] += s[b], s[d] = rotate32(s[d] ^ s[a], 8);
  s[c] += s[d], s[b] = rotate32(s[b] ^ s[c], 7);
}

KERNEL uint64_t chacha20(uint8_t* buffer, uint64_t length) {
  word32* words = (word32*)buffer;
  uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (uint32_t i = 4; i < 16; ++i) in[i] = i * 0x01030507u;
  for (uint64_t at = 0; at + 16 <= length / 4; at += 16) {
    uint32_t s[16];
    for (int i = 0; i < 16; ++i) s[i] = in[i];
    for (int i = 0; i < 10; ++i) {
      quarter(s, 0, 4, 8, 12), quarter(s, 1, 5, 9, 13);
      quarter(s, 2, 6, 10, 14), quarter(s, 3, 7, 11, 15);
      quarter(s, 0, 5, 10, 15), quarter(s, 1, 6, 11, 12);
      quarter(s, 2, 7, 8, 13), quarter(s, 3, 4, 9, 14);
    }
    for (int i = 0; i < 16; ++i) words[at + (uint64_t)i] ^= s[i] + in[i];
    ++in[12];
  }
  return words[0] ^ (uint64_t)words[1] << 32;
}
