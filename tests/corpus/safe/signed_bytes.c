// SPDX-License-Identifier: Apache-2.0
// Adds up signed bytes: loads or moves with sign extension from v4 on.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t signed_bytes(bytes buffer, uint64_t length) {
  int64_t sum = 0;
  for (uint64_t i = 0; i < 64 && i < length; ++i) sum += (int8_t)buffer[i];
  return (uint64_t)sum;
}
