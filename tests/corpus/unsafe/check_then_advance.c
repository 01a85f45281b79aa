// SPDX-License-Identifier: Apache-2.0
// Checks a place, moves on, and reads there.
#include "tests/corpus/headers.h"

SEC("xdp")
int check_then_advance(struct xdp_md* ctx) {
  bytes at = BEGIN(ctx);
  if (at + 16 > END(ctx)) return XDP_PASS;
  at += at[15];
  return at[0];
}
