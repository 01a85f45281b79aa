// SPDX-License-Identifier: Apache-2.0
// Powers modulo a prime below 2^31.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t modular_power(uint8_t* buffer, uint64_t length) {
  const word32* words = (const word32*)buffer;
  const uint64_t prime = 2147483629;
  uint64_t sum = 0;
  for (uint64_t i = 0; i + 2 <= length / 4; i += 2) {
    uint64_t base = words[i] % prime, power = 1;
    for (uint32_t exponent = words[i + 1]; exponent != 0; exponent >>= 1) {
      if (exponent & 1) power = power * base % prime;
      base = base * base % prime;
    }
    sum = sum * 3 + power;
  }
  return sum;
}
