// SPDX-License-Identifier: Apache-2.0
// Position of the first line feed.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t find_byte(bytes buffer, uint64_t length) {
  for (uint64_t i = 0; i < 128 && i < length; ++i) {
    if (buffer[i] == 10) return i;
  }
  return ~0ull;
}
