// SPDX-License-Identifier: Apache-2.0
// A rate limiter fed with arrival times: saturating arithmetic.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t token_bucket(bytes buffer, uint64_t length) {
  uint64_t tokens = 8;
  uint64_t passed = 0;
  uint32_t last = 0;
  for (uint64_t i = 0; i < 32 && i < length; ++i) {
    uint32_t now = last + buffer[i];
    tokens += (now - last) / 16;
    if (tokens > 8) tokens = 8;
    last = now;
    if (tokens == 0) continue;
    --tokens;
    ++passed;
  }
  return passed;
}
