// SPDX-License-Identifier: Apache-2.0
// Unpacks runs (count, value) into a buffer on the stack, as far as it holds them.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t run_length(bytes buffer, uint64_t length) {
  uint8_t out[64] = {};
  uint32_t used = 0;
  for (uint32_t i = 0; i + 2 <= length && i < 20; i += 2) {
    uint32_t count = buffer[i];
#pragma clang loop unroll(disable)
    for (uint32_t j = 0; j < count; ++j) {
      if (used >= sizeof(out)) break;
      out[used++] = buffer[i + 1];
    }
  }
  uint64_t hash = 0;
  for (int i = 0; i < 64; ++i) hash = hash * 33 + out[i];
  return hash;
}
