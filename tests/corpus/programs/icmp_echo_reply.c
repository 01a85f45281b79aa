// SPDX-License-Identifier: Apache-2.0
// Answers ICMP echo requests from the driver: swaps addresses and mends the checksum.
// fault 1: packet-bounds: the ICMP header is not checked
// fault 2: packet-bounds: the Ethernet header's check is one byte short
// fault 3: read-only-write: writes the answer's count into a read-only global
// fault 4: pointer-arithmetic: finds the ICMP header with 32-bit arithmetic on the pointer
// fault 5: context-access: a 64-bit read of the packet's start
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ICMP_ECHO 8
#define ICMP_ECHOREPLY 0

struct icmphdr {
  __u8 type;
  __u8 code;
  __be16 checksum;
  __be16 id;
  __be16 sequence;
};

const volatile __u32 enabled = 1;
__u64 answered;

static __always_inline void swap_ethernet(struct ethhdr* eth) {
  __u8 address[6];
  __builtin_memcpy(address, eth->h_source, 6);
  __builtin_memcpy(eth->h_source, eth->h_dest, 6);
  __builtin_memcpy(eth->h_dest, address, 6);
}

SEC("xdp")
int icmp_echo_reply(struct xdp_md* ctx) {
  void* end = (void*)(long)ctx->data_end;
#if FAULT == 5
  void* data;
  asm volatile("%0 = *(u64 *)(%1 + 0)" : "=r"(data) : "r"(ctx));
#else
  void* data = (void*)(long)ctx->data;
#endif
  struct ethhdr* eth = data;
#if FAULT == 2
  if (data + sizeof(*eth) - 1 > end) return XDP_PASS;
#else
  if (data + sizeof(*eth) > end) return XDP_PASS;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  struct iphdr* ip = data + sizeof(*eth);
  if ((void*)(ip + 1) > end || ip->ihl != 5 || ip->protocol != IPPROTO_ICMP) return XDP_PASS;
#if FAULT == 4
  void* place = ip;
  asm volatile("%0 <<= 32; %0 >>= 32; %0 += 20" : "+r"(place));
  struct icmphdr* icmp = place;
#else
  struct icmphdr* icmp = (void*)(ip + 1);
#endif
#if FAULT != 1
  if ((void*)(icmp + 1) > end) return XDP_PASS;
#endif
  if (icmp->type != ICMP_ECHO || icmp->code || !enabled) return XDP_PASS;

  swap_ethernet(eth);
  __be32 source = ip->saddr;
  ip->saddr = ip->daddr;
  ip->daddr = source;
  icmp->type = ICMP_ECHOREPLY;
  __u32 sum = icmp->checksum + bpf_htons(ICMP_ECHO << 8);
  icmp->checksum = (sum & 0xffff) + (sum >> 16);
#if FAULT == 3
  *(volatile __u32*)&enabled += 1;
#else
  answered += 1;
#endif
  return XDP_TX;
}

char _license[] SEC("license") = "GPL";
