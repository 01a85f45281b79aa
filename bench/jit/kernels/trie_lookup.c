// SPDX-License-Identifier: Apache-2.0
// Longest prefix match: a binary trie built in the buffer, then looked up.
#include "bench/jit/kernels/kernel.h"

struct node {
  uint16_t child[2];
  uint16_t value;
  uint16_t spare;
};

INLINE uint32_t next_random(uint32_t* state) {
  *state = *state * 1664525u + 1013904223u;
  return *state;
}

KERNEL uint64_t trie_lookup(uint8_t* buffer, uint64_t length) {
  struct node* nodes = (struct node*)buffer;
  const uint32_t capacity = (uint32_t)(length / sizeof(struct node));
  uint32_t used = 1, state = 7;
  nodes[0] = (struct node){{0, 0}, 1, 0};
  for (uint16_t prefix = 2; prefix < 40; ++prefix) {
    const uint32_t key = next_random(&state);
    const uint32_t bits = 4 + prefix % 13;
    uint32_t at = 0;
    for (uint32_t i = 0; i < bits; ++i) {
      const uint32_t side = key >> (31 - i) & 1;
      if (nodes[at].child[side] == 0) {
        if (used == capacity) return 0;
        nodes[used] = (struct node){{0, 0}, 0, 0};
        nodes[at].child[side] = (uint16_t)used++;
      }
      at = nodes[at].child[side];
    }
    nodes[at].value = prefix;
  }
  uint64_t result = used;
  for (int i = 0; i < 200; ++i) {
    const uint32_t key = next_random(&state);
    uint32_t at = 0, best = 0, bit = 32;
    do {
      if (nodes[at].value != 0) best = nodes[at].value;
      at = nodes[at].child[key >> --bit & 1];
    } while (at != 0 && bit != 0);
    result = result * 31 + best;
  }
  return result;
}
