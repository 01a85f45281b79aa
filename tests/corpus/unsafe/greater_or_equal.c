// SPDX-License-Identifier: Apache-2.0
// Compares the right way round but one too far: a packet of 33 bytes passes.
#include "tests/corpus/headers.h"

SEC("xdp")
int greater_or_equal(struct xdp_md* ctx) {
  bytes at = BEGIN(ctx) + 14;
  if (at + 19 > END(ctx)) return XDP_PASS;
  return at[19];
}
