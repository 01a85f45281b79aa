// SPDX-License-Identifier: Apache-2.0
// Reads a decimal number, up to 18 digits.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t parse_number(bytes buffer, uint64_t length) {
  uint64_t value = 0;
  for (uint64_t i = 0; i < 18 && i < length; ++i) {
    uint32_t digit = buffer[i] - 48u;
    if (digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}
