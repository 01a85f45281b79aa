// SPDX-License-Identifier: Apache-2.0
// The greatest common divisor of two numbers, by Euclid's algorithm.
//
// The numbers are the first two 32-bit words of the buffer, little-endian. Nothing in the text says
// how often the loop runs, so a bound is written down: two successive Fibonacci numbers are the
// worst case, and below 2^32 they take no more than 47 steps (Lame's theorem).
#include <linux/types.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

#define STEPS 48

static __always_inline uint32_t word(const uint8_t* bytes) {
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

SEC("plain")
uint64_t gcd(const uint8_t* buffer, uint64_t length) {
  if (length < 8) return 0;
  uint32_t a = word(buffer);
  uint32_t b = word(buffer + 4);
  for (int step = 0; step < STEPS && b != 0; ++step) {
    uint32_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
