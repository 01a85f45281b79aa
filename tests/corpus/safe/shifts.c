// SPDX-License-Identifier: Apache-2.0
// Shifts by amounts from the data, masked to the width.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t shifts(bytes buffer, uint64_t length) {
  if (length < 5) return 0;
  uint32_t value = le32(buffer);
  uint32_t amount = buffer[4] & 31;
  int64_t wide = (int64_t)(int32_t)value;
  return (uint64_t)(wide >> amount) ^ (uint64_t)(value << amount) ^
         ((uint64_t)value >> (amount + 1));
}
