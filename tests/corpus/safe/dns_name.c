// SPDX-License-Identifier: Apache-2.0
// Length of the name in a DNS question, label by label.
#include "tests/corpus/headers.h"

SEC("xdp")
int dns_name(struct xdp_md* ctx) {
  bytes end = END(ctx);
  bytes at = BEGIN(ctx) + 14 + 20 + 8 + 12;
  uint32_t total = 0;
  for (int i = 0; i < 32; ++i) {
    if (at + 1 > end) return -1;
    uint32_t label = *at;
    if (label == 0) return total;
    if (label > 63) return -2;
    total += label;
    at += label + 1;
  }
  return -3;
}
