// SPDX-License-Identifier: Apache-2.0
// Counts characters by their kind: constants, a table of pointers to literals, initialised
// variables, zeros, and a variable that points to another.
#include "tests/globals/kinds.h"

#include <stdint.h>

static const char* const sets[KINDS - 1] = {"aeiouAEIOU", "0123456789", " \t\n"};
static const uint64_t weights[KINDS] = {1, 1000, 0x8000000000000000u, 0xffffffc0804df568u};

uint32_t counts[KINDS];
struct tally tally = {.hash = 0xcbf29ce484222325u, .longest = 3, .run = 0, .limit = {7, 5, 3, 1}};
uint32_t* last __attribute__((section(".data.last"))) = &counts[2];

static __attribute__((noinline)) uint32_t kind_of(uint8_t byte) {
  for (uint32_t kind = 0; kind < KINDS - 1; ++kind) {
    for (const char* at = sets[kind]; *at != 0; ++at) {
      if ((uint8_t)*at == byte) return kind;
    }
  }
  return KINDS - 1;
}

uint64_t kinds(const uint8_t* memory, uint64_t length) {
  uint64_t sum = ++*last;
  for (uint64_t i = 0; i < length; ++i) {
    const uint32_t kind = kind_of(memory[i]);
    tally.run = last == &counts[kind] ? tally.run + 1 : 1;
    if (tally.run > tally.longest) tally.longest = tally.run;
    last = &counts[kind];
    if (++counts[kind] > tally.limit[kind]) sum += weights[kind];
    tally.hash = (tally.hash ^ memory[i]) * 0x100000001b3u;
  }
  return sum + tally.hash;
}
