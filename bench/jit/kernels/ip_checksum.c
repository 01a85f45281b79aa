// SPDX-License-Identifier: Apache-2.0
// The Internet checksum (RFC 1071) of headers of 20 bytes, set and checked.
#include "bench/jit/kernels/kernel.h"

INLINE uint32_t checksum(const word16* words) {
  uint32_t sum = 0;
  for (int i = 0; i < 10; ++i) sum += words[i];
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

KERNEL uint64_t ip_checksum(uint8_t* buffer, uint64_t length) {
  uint64_t result = 0;
  for (uint64_t at = 0; at + 20 <= length; at += 20) {
    word16* header = (word16*)(buffer + at);
    header[5] = 0;
    header[5] = (uint16_t)checksum(header);
    result += header[5] + checksum(header);
  }
  return result;
}
