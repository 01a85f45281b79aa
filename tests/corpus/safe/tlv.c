// SPDX-License-Identifier: Apache-2.0
// Walks records of type, length and value; the value of the first of type 5.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t tlv(bytes buffer, uint64_t length) {
  uint64_t at = 0;
  for (int i = 0; i < 16; ++i) {
    if (at + 2 > length) return 0;
    uint64_t size = buffer[at + 1];
    if (at + 2 + size > length) return 0;
    if (buffer[at] == 5 && size >= 1) return buffer[at + 2];
    at += 2 + size;
  }
  return 0;
}
