// SPDX-License-Identifier: Apache-2.0
// Interprets a small language of sums on a stack of its own.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t stack_machine(bytes buffer, uint64_t length) {
  uint64_t stack[8] = {};
  uint32_t depth = 0;
  for (uint32_t i = 0; i < 48; ++i) {
    if (i >= length) break;
    uint32_t code = buffer[i];
    if (code < 200) {
      if (depth > 7) return ~0ull;
      stack[depth++] = code;
    } else {
      if (depth < 2 || depth > 8) return ~0ull;
      uint64_t right = stack[--depth];
      uint64_t left = stack[depth - 1];
      stack[depth - 1] = code & 1 ? left + right : left * right;
    }
  }
  return depth > 0 && depth <= 8 ? stack[depth - 1] : 0;
}
