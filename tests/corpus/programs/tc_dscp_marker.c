// SPDX-License-Identifier: Apache-2.0
// Rewrites the DSCP field of IPv4 and IPv6 packets by the class of their mark.
// fault 1: stale-packet-pointer: writes the field directly after a store by helper
// fault 2: packet-bounds: the IPv6 header's first word is not checked
// fault 3: map-bounds: the table of code points is read behind its end
// fault 4: null-check: the table may be missing
// fault 5: helper-argument: replaces the checksum of a context that was moved
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct table {
  __u8 points[64];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct table);
} tables SEC(".maps");

SEC("tc")
int tc_dscp_marker(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end) return TC_ACT_OK;
  __u32 interface = skb->ifindex;
  struct table* table = bpf_map_lookup_elem(&tables, &interface);
#if FAULT != 4
  if (!table) return TC_ACT_OK;
#endif
  __u32 place = skb->mark;
#if FAULT == 3
  if (place > 64) place = 0;
#else
  if (place > 63) place = 0;
#endif
  __u8 point = table->points[place] << 2;

  if (eth->h_proto == bpf_htons(ETH_P_IP)) {
    struct iphdr* ip = (void*)(eth + 1);
    if ((void*)(ip + 1) > end) return TC_ACT_SHOT;
    __u8 tos = (ip->tos & 3) | point;
    __u16 before = *(__u16*)ip;
    __u16 after = (before & bpf_htons(0xff00)) | bpf_htons(tos);
    __u32 at = sizeof(*eth) + 10;
#if FAULT == 5
    if (bpf_l3_csum_replace((void*)skb + 16, at, before, after, 2)) return TC_ACT_SHOT;
#else
    if (bpf_l3_csum_replace(skb, at, before, after, 2)) return TC_ACT_SHOT;
#endif
    if (bpf_skb_store_bytes(skb, sizeof(*eth) + 1, &tos, 1, 0)) return TC_ACT_SHOT;
#if FAULT == 1
    ip->tos = tos;
#endif
  } else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
    __be32* first = (void*)(eth + 1);
#if FAULT != 2
    if ((void*)(first + 1) > end) return TC_ACT_SHOT;
#endif
    *first = (*first & bpf_htonl(0xf03fffff)) | bpf_htonl((__u32)point << 20);
  }
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
