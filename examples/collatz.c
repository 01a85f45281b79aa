// SPDX-License-Identifier: Apache-2.0
// Steps of the Collatz sequence from the buffer's first byte down to 1.
//
// Whether such sequences always end is an open question, but for a byte the answer is known: none
// takes more than 127 steps. The bound in the loop is what lets a verifier accept it.
#include <linux/types.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

#define MOST_STEPS 127

SEC("plain")
uint64_t collatz(const uint8_t* buffer, uint64_t length) {
  if (length == 0 || buffer[0] == 0) return 0;
  uint64_t value = buffer[0];
  uint64_t steps = 0;
  for (; steps < MOST_STEPS && value != 1; ++steps) {
    value = value & 1 ? 3 * value + 1 : value / 2;
  }
  return steps;
}
