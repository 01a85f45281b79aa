// SPDX-License-Identifier: Apache-2.0
// Walks the options of an IPv4 header, whose lengths are in the packet.
#include "tests/corpus/headers.h"

SEC("xdp")
int ipv4_options(struct xdp_md* ctx) {
  bytes end = END(ctx);
  bytes ip = BEGIN(ctx) + 14;
  if (ip + 20 > end) return -1;
  uint32_t header_length = (ip[0] & 0xf) * 4;
  uint32_t offset = 20;
  int options = 0;
  for (int i = 0; i < 40; ++i) {
    if (offset >= header_length || ip + offset + 2 > end) break;
    uint32_t kind = ip[offset];
    if (kind == 0) break;
    ++options;
    if (kind == 1) {
      ++offset;
      continue;
    }
    uint32_t size = ip[offset + 1];
    if (size < 2) return -2;
    offset += size;
  }
  return options;
}
