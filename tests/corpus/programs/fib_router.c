// SPDX-License-Identifier: Apache-2.0
// Routes IPv4 and IPv6 by the kernel's routing table and rewrites the Ethernet header.
// fault 1: stack-bounds: tells the lookup that its parameters are eight bytes longer
// fault 2: packet-bounds: the IPv6 header is only checked as far as an IPv4 header
// fault 3: uninitialised: the parameters are not cleared
// fault 4: helper-argument: the size of the parameters is zero or more
// fault 5: type-confusion: hands the packet over where the context belongs
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2
#define AF_INET6 10

struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __uint(max_entries, 64);
  __uint(key_size, 4);
  __uint(value_size, 4);
} ports SEC(".maps");

static __always_inline void decrease_ttl(struct iphdr* ip) {
  __u32 check = ip->check;
  check += bpf_htons(0x0100);
  ip->check = (__u16)(check + (check >= 0xffff));
  ip->ttl -= 1;
}

SEC("xdp")
int fib_router(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end) return XDP_DROP;
  struct bpf_fib_lookup route;
#if FAULT != 3
  __builtin_memset(&route, 0, sizeof(route));
#endif
  struct iphdr* ip = (void*)(eth + 1);
  struct ipv6hdr* ip6 = (void*)(eth + 1);
  __be16 protocol = eth->h_proto;
  if (protocol == bpf_htons(ETH_P_IP)) {
    if ((void*)(ip + 1) > end || ip->ttl <= 1) return XDP_PASS;
    route.family = AF_INET;
    route.tos = ip->tos;
    route.l4_protocol = ip->protocol;
    route.tot_len = bpf_ntohs(ip->tot_len);
    route.ipv4_src = ip->saddr;
    route.ipv4_dst = ip->daddr;
  } else if (protocol == bpf_htons(ETH_P_IPV6)) {
#if FAULT == 2
    if ((void*)(ip + 1) > end) return XDP_PASS;
#else
    if ((void*)(ip6 + 1) > end) return XDP_PASS;
#endif
    if (ip6->hop_limit <= 1) return XDP_PASS;
    route.family = AF_INET6;
    route.l4_protocol = ip6->nexthdr;
    route.tot_len = bpf_ntohs(ip6->payload_len);
    __builtin_memcpy(route.ipv6_src, &ip6->saddr, 16);
    __builtin_memcpy(route.ipv6_dst, &ip6->daddr, 16);
  } else {
    return XDP_PASS;
  }
  route.ifindex = ctx->ingress_ifindex;
#if FAULT == 1
  long result = bpf_fib_lookup(ctx, &route, sizeof(route) + 8, 0);
#elif FAULT == 4
  long result = bpf_fib_lookup(ctx, &route, route.tot_len & 63, 0);
#elif FAULT == 5
  long result = bpf_fib_lookup(data, &route, sizeof(route), 0);
#else
  long result = bpf_fib_lookup(ctx, &route, sizeof(route), 0);
#endif
  if (result != BPF_FIB_LKUP_RET_SUCCESS) return result < 0 ? XDP_ABORTED : XDP_PASS;
  if (protocol == bpf_htons(ETH_P_IP)) {
    decrease_ttl(ip);
  } else {
    if ((void*)(ip6 + 1) > end) return XDP_DROP;
    ip6->hop_limit -= 1;
  }
  __builtin_memcpy(eth->h_dest, route.dmac, 6);
  __builtin_memcpy(eth->h_source, route.smac, 6);
  return bpf_redirect_map(&ports, route.ifindex, 0);
}

char _license[] SEC("license") = "GPL";
