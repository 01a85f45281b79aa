// SPDX-License-Identifier: Apache-2.0
// Reads the byte behind the last one.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t last_byte_plus_one(bytes buffer, uint64_t length) {
  uint64_t sum = 0;
  for (uint64_t i = 0; i <= length && i < 64; ++i) sum += buffer[i];
  return sum;
}
