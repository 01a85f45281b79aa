// SPDX-License-Identifier: Apache-2.0
// Signed quotients and remainders of small and large numbers.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t signed_division(bytes buffer, uint64_t length) {
  if (length < 8) return 0;
  int32_t a = (int32_t)le32(buffer);
  int32_t b = (int32_t)le32(buffer + 4) | 1;
  if (b == -1) return 1;
  return (uint64_t)(int64_t)(a / b) ^ (uint64_t)(int64_t)(a % b) ^ (uint64_t)((int64_t)a / -7);
}
