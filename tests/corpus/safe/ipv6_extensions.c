// SPDX-License-Identifier: Apache-2.0
// Follows the chain of IPv6 extension headers to the protocol behind them.
#include "tests/corpus/headers.h"

SEC("xdp")
int ipv6_extensions(struct xdp_md* ctx) {
  bytes end = END(ctx);
  bytes ip = BEGIN(ctx) + 14;
  if (ip + 40 > end) return -1;
  uint32_t next = ip[6];
  bytes at = ip + 40;
  for (int i = 0; i < 6; ++i) {
    if (next != 0 && next != 43 && next != 60) return next;
    if (at + 8 > end) return -1;
    next = at[0];
    at += at[1] * 8 + 8;
  }
  return -2;
}
