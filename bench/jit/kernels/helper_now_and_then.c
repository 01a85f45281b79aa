// SPDX-License-Identifier: Apache-2.0
// A rate limit that asks for the time only when its tokens are spent.
#include "bench/jit/kernels/helpers.h"

KERNEL uint64_t helper_now_and_then(uint8_t* buffer, uint64_t length) {
  uint64_t last = 0;
  uint64_t result = 0;
  uint32_t tokens = 100;
  for (uint64_t i = 0; i < length; ++i) {
    const uint32_t cost = buffer[i] & 31;
    if (tokens < cost) {
      const uint64_t now = helper_time() + i * 1000;
      tokens += (uint32_t)helper_reduce(now - last, 200);
      last = now;
    }
    if (tokens >= cost) {
      tokens -= cost;
      result += cost;
    } else {
      result ^= i;
    }
  }
  return result << 8 | (tokens & 0xff);
}
