// SPDX-License-Identifier: Apache-2.0
// Answers packets that exceed a path's MTU with ICMP "fragmentation needed".
// fault 1: stale-packet-pointer: builds the answer from pointers from before the head moved
// fault 2: packet-bounds: moves the head the wrong way and checks the IPv4 header only
// fault 3: stack-bounds: the MTU is written to two bytes at the frame's top
// fault 4: helper-argument: takes the checksum of 30 bytes, no multiple of four, of an unknown size
// fault 5: read-only-write: stores the MTU that was found in a constant
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define ROOM (int)(sizeof(struct iphdr) + sizeof(struct icmp))

struct icmp {
  __u8 type;
  __u8 code;
  __be16 checksum;
  __be16 unused;
  __be16 mtu;
};

const volatile __u32 address = 0x0100000a;
const volatile __u32 limit = 1280;

static __always_inline __u16 fold(__u64 sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~(sum + (sum >> 16));
}

SEC("xdp")
int mtu_guard(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) + 8 > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  if (ip->ihl != 5 || !(ip->frag_off & bpf_htons(0x4000))) return XDP_PASS;
  __u32 mtu = 0;
#if FAULT == 3
  void* top;
  asm volatile("%0 = r10; %0 += -2" : "=r"(top));
  if (bpf_check_mtu(ctx, 0, top, 0, 0) == 0) return XDP_PASS;
#else
  if (bpf_check_mtu(ctx, 0, &mtu, 0, 0) == 0) return XDP_PASS;
#endif
#if FAULT == 5
  *(volatile __u32*)&limit = mtu;
#endif
  if (mtu < limit) return XDP_DROP;
#if FAULT == 4
  __u64 unchecked = bpf_csum_diff(0, 0, (void*)ip, ip->tot_len, 0);
  if (unchecked == 0) return XDP_DROP;
#endif

  struct ethhdr answer = {.h_proto = eth->h_proto};
  __builtin_memcpy(answer.h_dest, eth->h_source, 6);
  __builtin_memcpy(answer.h_source, eth->h_dest, 6);
  __be32 source = ip->saddr;
  if (bpf_xdp_adjust_head(ctx, FAULT == 2 ? ROOM : -ROOM)) return XDP_DROP;
#if FAULT != 1
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
#endif
  eth = data;
  ip = (void*)(eth + 1);
  struct icmp* icmp = (void*)(ip + 1);
#if FAULT == 2
  if ((void*)(ip + 1) > end) return XDP_DROP;
#else
  if ((void*)(icmp + 1) + 28 > end) return XDP_DROP;
#endif
  *eth = answer;
  *ip = (struct iphdr){.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_ICMP};
  ip->tot_len = bpf_htons(sizeof(*ip) + sizeof(*icmp) + 28);
  ip->saddr = address;
  ip->daddr = source;
  ip->check = fold(bpf_csum_diff(0, 0, (void*)ip, sizeof(*ip), 0));
  *icmp = (struct icmp){.type = 3, .code = 4, .mtu = bpf_htons(mtu)};
#if FAULT != 2
  icmp->checksum = fold(bpf_csum_diff(0, 0, (void*)icmp, sizeof(*icmp) + 28, 0));
#endif
  return XDP_TX;
}

char _license[] SEC("license") = "GPL";
