// SPDX-License-Identifier: Apache-2.0
// Finds the TCP header by a length from the packet and does not check again.
#include "tests/corpus/headers.h"

SEC("xdp")
int header_length_trusted(struct xdp_md* ctx) {
  bytes ip = BEGIN(ctx) + 14;
  if (ip + 40 > END(ctx)) return XDP_PASS;
  bytes tcp = ip + (ip[0] & 0xf) * 4;
  return be16(tcp + 2) == 23 ? XDP_DROP : XDP_PASS;
}
