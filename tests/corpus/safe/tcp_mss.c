// SPDX-License-Identifier: Apache-2.0
// Finds the maximum segment size among the TCP options of a SYN.
#include "tests/corpus/headers.h"

SEC("xdp")
int tcp_mss(struct xdp_md* ctx) {
  bytes end = END(ctx);
  bytes ip = BEGIN(ctx) + 14;
  if (ip + 20 > end || ip[9] != IPPROTO_TCP) return 0;
  uint32_t ip_length = (ip[0] & 0xf) * 4;
  if (ip_length < 20) return 0;
  bytes tcp = ip + ip_length;
  if (tcp + 20 > end) return 0;
  uint32_t tcp_length = (tcp[12] >> 4) * 4;
  uint32_t offset = 20;
  for (int i = 0; i < 10; ++i) {
    if (offset + 4 > tcp_length || tcp + offset + 4 > end) return 0;
    uint32_t kind = tcp[offset];
    if (kind == 0) return 0;
    if (kind == 2) return be16(tcp + offset + 2);
    offset += kind == 1 || tcp[offset + 1] == 0 ? 1 : tcp[offset + 1];
  }
  return 0;
}
