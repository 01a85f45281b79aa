// SPDX-License-Identifier: Apache-2.0
// The sieve of Eratosthenes, a byte a number.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t sieve(uint8_t* buffer, uint64_t length) {
  for (uint64_t i = 0; i < length; ++i) buffer[i] = 1;
  uint64_t primes = 0;
  for (uint64_t i = 2; i < length; ++i) {
    if (buffer[i] == 0) continue;
    ++primes;
    for (uint64_t j = i * i; j < length; j += i) buffer[j] = 0;
  }
  return primes;
}
