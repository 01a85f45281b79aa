// SPDX-License-Identifier: Apache-2.0
// Decrements the hop limit and patches the checksum, as a router does (RFC 1624).
#include "tests/corpus/headers.h"

SEC("xdp")
int ttl_decrement(struct xdp_md* ctx) {
  uint8_t* ip = (uint8_t*)(long)ctx->data + 14;
  if (ip + 20 > END(ctx)) return XDP_DROP;
  if (ip[8] <= 1) return XDP_DROP;
  uint32_t sum = be16(ip + 10) + 0x100;
  sum = (sum & 0xffff) + (sum >> 16);
  ip[10] = sum >> 8;
  ip[11] = sum;
  --ip[8];
  return XDP_TX;
}
