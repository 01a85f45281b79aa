// SPDX-License-Identifier: Apache-2.0
// The Internet checksum (RFC 1071) over a buffer, as for an IPv4 header.
//
// The result is the value to store in the header's checksum field; over a header that holds its
// checksum already, it is 0 if and only if the header is intact. Bytes are taken in network order,
// so the result is the same on any machine. Headers are of whole words: an odd last byte is left
// out.
#include <linux/types.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

// 60 bytes are the longest IPv4 header.
#define LONGEST_HEADER 60

SEC("plain")
uint64_t checksum(const uint8_t* buffer, uint64_t length) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < LONGEST_HEADER; i += 2) {
    if (i + 2 > length) break;
    sum += (uint32_t)buffer[i] << 8 | buffer[i + 1];
  }
  // The carries are added back in; two rounds are enough for sums of 30 words.
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}
