// SPDX-License-Identifier: Apache-2.0
// Writes a header in front of the packet without asking for room.
#include "tests/corpus/headers.h"

SEC("xdp")
int writes_before(struct xdp_md* ctx) {
  uint8_t* data = (uint8_t*)(long)ctx->data;
  if (data + 4 > END(ctx)) return XDP_PASS;
  data[-1] = 1;
  return XDP_TX;
}
