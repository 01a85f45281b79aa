// SPDX-License-Identifier: Apache-2.0
// Checks IPv6 neighbour solicitations: hop limit, target and the options behind.
// fault 1: packet-bounds: the solicitation's target is not checked
// fault 2: termination: an option of length zero is neither dropped nor counted
// fault 3: null-check: the neighbour may be missing
// fault 4: packet-bounds: the link-layer address in the option is not checked
// fault 5: type-confusion: releases the neighbour's record as if it were a socket
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct solicitation {
  __u8 type, code;
  __be16 checksum;
  __be32 reserved;
  __u8 target[16];
};

struct address {
  __u8 bytes[16];
};

struct neighbour {
  __u8 mac[8];
  __u64 solicited;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, struct address);
  __type(value, struct neighbour);
} neighbours SEC(".maps");

SEC("xdp")
int icmpv6_neighbour(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct ipv6hdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IPV6)) return XDP_PASS;
  if (ip->nexthdr != IPPROTO_ICMPV6) return XDP_PASS;
  struct solicitation* icmp = (void*)(ip + 1);
#if FAULT == 1
  if ((void*)icmp + 8 > end || icmp->type != 135) return XDP_PASS;
#else
  if ((void*)(icmp + 1) > end || icmp->type != 135) return XDP_PASS;
#endif
  if (ip->hop_limit != 255 || icmp->code) return XDP_DROP;

  struct address key;
  __builtin_memcpy(&key, icmp->target, sizeof(key));
  struct neighbour* known = bpf_map_lookup_elem(&neighbours, &key);
#if FAULT != 3
  if (!known) return XDP_PASS;
#endif
  __sync_fetch_and_add(&known->solicited, 1);
#if FAULT == 5
  bpf_sk_release(known);
#endif

  __u8* option = (void*)icmp + 24;
  __u32 differs = 0;
  for (int i = 0; i < 4 && (void*)(option + 2) <= end; ++i) {
    __u32 size = option[1] * 8;
#if FAULT == 2
    if (size == 0) i -= 1;
#else
    if (size == 0) return XDP_DROP;
#endif
    if (option[0] == 1) {
#if FAULT != 4
      if ((void*)(option + 8) > end) return XDP_DROP;
#endif
      for (int i = 0; i < 6; ++i) differs |= option[2 + i] ^ known->mac[i];
    }
    option += size;
  }
  return differs ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
