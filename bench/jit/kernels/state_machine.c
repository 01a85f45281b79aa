// SPDX-License-Identifier: Apache-2.0
// A small machine that executes the bytes as its instructions.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t state_machine(uint8_t* buffer, uint64_t length) {
  uint64_t a = 1, b = 2, count = 0;
  for (uint64_t at = 0; at < length; ++at) {
    const uint8_t code = buffer[at];
    switch (code & 7) {
      case 0:
        a += b;
        break;
      case 1:
        a -= code;
        break;
      case 2:
        b = a ^ code;
        break;
      case 3:
        if (a & 1) at += 1;
        break;
      case 4:
        a = a << 3 | a >> 61;
        break;
      case 5:
        b *= 5;
        break;
      case 6:
        a ^= b >> 2;
        break;
      case 7:
        ++count;
        break;
    }
  }
  return a ^ b ^ count << 56;
}
