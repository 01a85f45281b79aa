// SPDX-License-Identifier: Apache-2.0
// Exchanges source and destination, as a reflector does: writes to the packet.
#include "tests/corpus/headers.h"

SEC("xdp")
int mac_swap(struct xdp_md* ctx) {
  uint8_t* data = (uint8_t*)(long)ctx->data;
  if (data + 14 > END(ctx)) return XDP_DROP;
  for (int i = 0; i < 6; ++i) {
    uint8_t byte = data[i];
    data[i] = data[i + 6];
    data[i + 6] = byte;
  }
  return XDP_TX;
}
