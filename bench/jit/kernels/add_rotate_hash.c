// SPDX-License-Identifier: Apache-2.0
// A hash of three 32-bit words of state that are added, xored and rotated, as Jenkins's are.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t add_rotate_hash(uint8_t* buffer, uint64_t length) {
  const word32* words = (const word32*)buffer;
  uint32_t a = 0xdeadbeef + (uint32_t)length, b = a, c = a;
  for (uint64_t i = 0; i + 3 <= length / 4; i += 3) {
    a += words[i];
    b += words[i + 1];
    c += words[i + 2];
    a = (a - c) ^ rotate32(c, 4), c += b;
    b = (b - a) ^ rotate32(a, 6), a += c;
    c = (c - b) ^ rotate32(b, 8), b += a;
    a = (a - c) ^ rotate32(c, 16), c += b;
    b = (b - a) ^ rotate32(a, 19), a += c;
    c = (c - b) ^ rotate32(b, 4), b += a;
  }
  c = (c ^ b) - rotate32(b, 14);
  a = (a ^ c) - rotate32(c, 11);
  b = (b ^ a) - rotate32(a, 25);
  c = (c ^ b) - rotate32(b, 16);
  return (uint64_t)b << 32 | c;
}
