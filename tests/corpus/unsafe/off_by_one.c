// SPDX-License-Identifier: Apache-2.0
// Checks for 13 bytes and reads the fourteenth.
#include "tests/corpus/headers.h"

SEC("xdp")
int off_by_one(struct xdp_md* ctx) {
  bytes at = BEGIN(ctx);
  if (at + 13 > END(ctx)) return XDP_PASS;
  return at[13] == 6 ? XDP_DROP : XDP_PASS;
}
