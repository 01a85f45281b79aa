// SPDX-License-Identifier: Apache-2.0
// The helpers' bodies, in a section of their own: they are not what is measured.
#include "bench/jit/kernels/helpers.h"

#define BODY __attribute__((section("helpers")))

BODY uint64_t helper_time(void) { return 0x123456789; }
BODY uint64_t helper_mix(uint64_t x, uint64_t y) {
  x = (x ^ y) * 0x9e3779b97f4a7c15;
  return x ^ x >> 29;
}
BODY uint64_t helper_reduce(uint64_t x, uint64_t bound) { return x % bound; }
BODY uint64_t helper_verdict(uint64_t p, uint64_t q, uint64_t r, uint64_t s, uint64_t t) {
  return (uint64_t)((int64_t)((p ^ q) + r * 3 + s + t) % 5);
}
