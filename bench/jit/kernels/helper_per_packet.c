// SPDX-License-Identifier: Apache-2.0
// One helper for each IPv4 packet, with its addresses and protocol.
#include "bench/jit/kernels/helpers.h"

KERNEL uint64_t helper_per_packet(uint8_t* buffer, uint64_t length) {
  uint64_t result = 0;
  for (uint64_t at = 0; at + 64 <= length; at += 64) {
    const uint8_t* p = buffer + at;
    if (p[12] != 0x08 || p[13] != 0) continue;
    const word16* address = (const word16*)(p + 26);
    const uint64_t source = address[0] | (uint32_t)address[1] << 16;
    const uint64_t target = address[2] | (uint32_t)address[3] << 16;
    const uint64_t flow = helper_mix(source << 32 | target, p[23]);
    if (flow & 1) {
      result += flow >> 32;
    } else {
      result ^= flow;
    }
  }
  return result;
}
