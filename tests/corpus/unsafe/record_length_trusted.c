// SPDX-License-Identifier: Apache-2.0
// Reads the value of a record whose length is not compared with the buffer.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t record_length_trusted(bytes buffer, uint64_t length) {
  uint64_t at = 0;
  for (int i = 0; i < 16; ++i) {
    if (at + 2 > length) return 0;
    if (buffer[at] == 5) return buffer[at + 1 + buffer[at + 1]];
    at += 2 + buffer[at + 1];
  }
  return 0;
}
