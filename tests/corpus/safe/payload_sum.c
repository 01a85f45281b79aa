// SPDX-License-Identifier: Apache-2.0
// Adds up the first 64 bytes behind the Ethernet header.
#include "tests/corpus/headers.h"

SEC("xdp")
int payload_sum(struct xdp_md* ctx) {
  bytes end = END(ctx);
  bytes at = BEGIN(ctx) + 14;
  int sum = 0;
  for (int i = 0; i < 64; ++i) {
    if (at + i + 1 > end) break;
    sum += at[i];
  }
  return sum;
}
