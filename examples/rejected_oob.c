// SPDX-License-Identifier: Apache-2.0
// Must be rejected: reads a packet without looking at its length.
//
// The Ethernet header is checked, but not what follows it. A frame of 14 bytes makes the program
// read 9 bytes beyond the packet's end, into memory that is not its own.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int rejected_oob(struct xdp_md* ctx) {
  const void* data = (const void*)(long)ctx->data;
  const void* data_end = (const void*)(long)ctx->data_end;

  const struct ethhdr* ethernet = data;
  if ((const void*)(ethernet + 1) > data_end) return XDP_PASS;

  const struct iphdr* ip = (const void*)(ethernet + 1);
  return ip->protocol == IPPROTO_UDP ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Apache-2.0";
