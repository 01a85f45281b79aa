// What the bench programs share: types, and a generator of numbers that are the same everywhere.
#pragma once

#include <stdint.h>

static inline uint64_t next_random(uint64_t* state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return *state >> 33;
}
