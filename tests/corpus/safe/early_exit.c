// SPDX-License-Identifier: Apache-2.0
// Correlated conditions: a flag says whether a second access is allowed.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t early_exit(bytes buffer, uint64_t length) {
  int ok = length >= 12;
  uint64_t first = length >= 4 ? buffer[0] : 7;
  // The compiler may not see that both depend on the length.
  __asm__ volatile("" : "+r"(first));
  if (!ok) return first;
  return first + buffer[11];
}
