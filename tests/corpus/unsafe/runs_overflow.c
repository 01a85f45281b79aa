// SPDX-License-Identifier: Apache-2.0
// Unpacks runs into a buffer on the stack without looking at its end.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t runs_overflow(bytes buffer, uint64_t length) {
  uint8_t out[32] = {};
  uint32_t used = 0;
  for (uint32_t i = 0; i + 2 <= length && i < 8; i += 2) {
    uint32_t count = buffer[i];
#pragma clang loop unroll(disable)
    for (uint32_t j = 0; j < count; ++j) out[used++] = buffer[i + 1];
  }
  __asm__ volatile("" ::"r"(out) : "memory");
  return out[0];
}
