// SPDX-License-Identifier: Apache-2.0
// Compares the length in a UDP header with what the packet has.
#include "tests/corpus/headers.h"

SEC("xdp")
int udp_length(struct xdp_md* ctx) {
  bytes end = END(ctx);
  bytes ip = BEGIN(ctx) + 14;
  if (ip + 20 > end || ip[9] != IPPROTO_UDP) return XDP_PASS;
  bytes udp = ip + (ip[0] & 0xf) * 4;
  if (udp + 8 > end) return XDP_DROP;
  return udp + be16(udp + 4) > end ? XDP_DROP : XDP_PASS;
}
