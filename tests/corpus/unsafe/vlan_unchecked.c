// SPDX-License-Identifier: Apache-2.0
// Reads a second VLAN tag without looking whether the packet has it.
#include "tests/corpus/headers.h"

SEC("xdp")
int vlan_unchecked(struct xdp_md* ctx) {
  bytes at = BEGIN(ctx) + 12;
  if (at + 2 > END(ctx)) return -1;
  if (be16(at) != ETH_P_8021Q) return 0;
  return be16(at + 4) == ETH_P_8021Q ? 2 : 1;
}
