// SPDX-License-Identifier: Apache-2.0
// Global variables that hold addresses: of variables, of literals, one past an array, of a
// function.
#include <stdint.h>

struct named {
  const char* name;
  uint64_t weight;
};

uint32_t numbers[4] = {10, 20, 30, 40};
// Behind the section it points into, and before it.
const struct named table[] = {{"one", 1}, {"two", 2}};
uint32_t* places[3] = {&numbers[2], numbers, numbers + 4};

uint64_t twice(uint64_t x) { return 2 * x; }
uint64_t (*functions[1])(uint64_t) __attribute__((section(".data.functions"))) = {twice};

uint64_t pointers(const uint8_t* memory, uint64_t length) {
  const struct named* entry = &table[length % 2];
  return *places[length % 2] + (uint64_t)entry->name[length % 3] + entry->weight;
}
