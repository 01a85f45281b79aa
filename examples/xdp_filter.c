// SPDX-License-Identifier: Apache-2.0
// A packet filter: drops TCP connections to ports that nobody outside should reach.
//
// The kernel runs it for each received packet, before the network stack sees it. The program finds
// the TCP header behind Ethernet and IPv4, whose length varies with its options, and says XDP_DROP
// or XDP_PASS. Each header is compared with data_end first: without these checks a verifier must
// reject the program, since a packet may be of any length.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

// Telnet twice, SMB, RDP.
static __always_inline int is_dropped(__u16 port) {
  return port == 23 || port == 2323 || port == 445 || port == 3389;
}

SEC("xdp")
int xdp_filter(struct xdp_md* ctx) {
  const void* data = (const void*)(long)ctx->data;
  const void* data_end = (const void*)(long)ctx->data_end;

  const struct ethhdr* ethernet = data;
  if ((const void*)(ethernet + 1) > data_end) return XDP_PASS;
  if (ethernet->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;

  const struct iphdr* ip = (const void*)(ethernet + 1);
  if ((const void*)(ip + 1) > data_end) return XDP_PASS;
  if (ip->version != 4 || ip->protocol != IPPROTO_TCP) return XDP_PASS;
  // Only the first fragment has the TCP header.
  if (ip->frag_off & bpf_htons(0x1fff)) return XDP_PASS;

  // The header's length is in words of four bytes; below five it is malformed.
  __u32 header_length = ip->ihl * 4;
  if (header_length < sizeof(*ip)) return XDP_PASS;

  const struct tcphdr* tcp = (const void*)ip + header_length;
  if ((const void*)(tcp + 1) > data_end) return XDP_PASS;

  return is_dropped(bpf_ntohs(tcp->dest)) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Apache-2.0";
