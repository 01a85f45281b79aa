// SPDX-License-Identifier: Apache-2.0
// Subtracts from a length that may be smaller.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t length_underflow(bytes buffer, uint64_t length) {
  uint64_t rest = length - 4;
  if (rest < 2) return 0;
  return buffer[rest - 1];
}
