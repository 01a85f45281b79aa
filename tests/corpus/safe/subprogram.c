// SPDX-License-Identifier: Apache-2.0
// Calls functions of the object, with a pointer to the caller's stack.
#include "tests/corpus/headers.h"

static __noinline uint32_t mix(uint32_t* state, uint32_t value) {
  *state = (*state ^ value) * 0x01000193;
  return *state >> 24;
}

SEC("plain")
uint64_t subprogram(bytes buffer, uint64_t length) {
  uint32_t state = 0x811c9dc5;
  uint64_t sum = 0;
  for (uint64_t i = 0; i < 32 && i < length; ++i) sum += mix(&state, buffer[i]);
  return sum << 32 | state;
}
