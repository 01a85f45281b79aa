// SPDX-License-Identifier: Apache-2.0
// Ethernet, VLAN, IPv4 and TCP or UDP headers of packets in slots of 64 bytes.
#include "bench/jit/kernels/kernel.h"

INLINE uint32_t be16(const uint8_t* p) { return (uint32_t)p[0] << 8 | p[1]; }

KERNEL uint64_t parse_packets(uint8_t* buffer, uint64_t length) {
  uint64_t result = 0;
  for (uint64_t at = 0; at + 64 <= length; at += 64) {
    const uint8_t* p = buffer + at;
    const uint8_t* end = p + 64;
    uint32_t type = be16(p + 12);
    p += 14;
    if (type == 0x8100) {
      type = be16(p + 2);
      p += 4;
    }
    if (type != 0x0800 || p[0] >> 4 != 4) continue;
    const uint32_t header = (p[0] & 15u) * 4;
    const uint32_t protocol = p[9];
    if (header < 20 || p + header + 8 > end) continue;
    const uint32_t source = *(const word16*)(p + 12) ^ *(const word16*)(p + 14);
    p += header;
    if (protocol == 6) {
      result += be16(p + 2) == 443 ? 1 : be16(p) + (source << 8);
    } else if (protocol == 17) {
      result += be16(p + 2) == 53 ? 0x10000 : be16(p + 4);
    }
  }
  return result;
}
