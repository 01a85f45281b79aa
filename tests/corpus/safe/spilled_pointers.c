// SPDX-License-Identifier: Apache-2.0
// Keeps pointers in an array on the stack and loads them back.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t spilled_pointers(bytes buffer, uint64_t length) {
  bytes parts[4];
  if (length < 16) return 0;
  for (int i = 0; i < 4; ++i) parts[i] = buffer + 4 * i;
  // Behind the compiler's back, so that it has to load them.
  __asm__ volatile("" ::"r"(parts) : "memory");
  return le32(parts[3]) ^ le32(parts[1]);
}
