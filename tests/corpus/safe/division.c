// SPDX-License-Identifier: Apache-2.0
// Quotients and remainders, by zero too: what BPF defines and C does not.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t division(bytes buffer, uint64_t length) {
  if (length < 8) return 0;
  uint64_t a = le32(buffer);
  uint64_t b = le32(buffer + 4);
  uint64_t quotient = b ? a / b : 0;
  uint64_t rest = b ? a % b : a;
  return quotient * 7 + rest + a / 10 + a % 1000;
}
