// SPDX-License-Identifier: Apache-2.0
// Position of the string "GET " in the first 64 bytes, by comparing everywhere.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t find_string(bytes buffer, uint64_t length) {
  if (length > 64) length = 64;
  for (uint64_t i = 0; i + 4 <= length; ++i) {
    if (buffer[i] == 71 && buffer[i + 1] == 69 && buffer[i + 2] == 84 && buffer[i + 3] == 32) {
      return i;
    }
  }
  return ~0ull;
}
