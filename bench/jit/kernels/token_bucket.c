// SPDX-License-Identifier: Apache-2.0
// Rate limits of 16 flows: tokens by elapsed time, spent by the size of packets.
#include "bench/jit/kernels/kernel.h"

struct flow {
  uint64_t tokens;
  uint64_t last;
};

KERNEL uint64_t token_bucket(uint8_t* buffer, uint64_t length) {
  struct flow* flows = (struct flow*)buffer;
  for (int i = 0; i < 16; ++i) flows[i] = (struct flow){3000, 0};
  uint64_t now = 0, passed = 0, dropped = 0;
  for (uint64_t at = 256; at + 4 <= length; at += 4) {
    const uint32_t packet = *(const word32*)(buffer + at);
    struct flow* flow = &flows[packet & 15];
    now += packet >> 4 & 0xfff;
    const uint64_t size = 64 + (packet >> 16 & 0x3ff);
    uint64_t tokens = flow->tokens + (now - flow->last) * 25 / 1000;
    if (tokens > 3000) tokens = 3000;
    flow->last = now;
    if (tokens >= size) {
      tokens -= size;
      ++passed;
    } else {
      ++dropped;
    }
    flow->tokens = tokens;
  }
  return passed << 32 | dropped;
}
