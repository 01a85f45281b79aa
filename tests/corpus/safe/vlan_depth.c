// SPDX-License-Identifier: Apache-2.0
// Counts the VLAN tags of a frame, up to four.
#include "tests/corpus/headers.h"

SEC("xdp")
int vlan_depth(struct xdp_md* ctx) {
  bytes at = BEGIN(ctx) + 12;
  bytes end = END(ctx);
  int depth = 0;
#pragma clang loop unroll(disable)
  for (; depth < 4; ++depth) {
    if (at + 2 > end) return -1;
    uint32_t type = be16(at);
    if (type != ETH_P_8021Q && type != ETH_P_8021AD) break;
    at += 4;
  }
  return depth;
}
