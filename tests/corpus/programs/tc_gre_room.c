// SPDX-License-Identifier: Apache-2.0
// Makes room behind the Ethernet header and stores an outer IPv4 and a GRE header there.
// fault 1: stale-packet-pointer: takes the inner header's field after the room was made
// fault 2: stack-bounds: stores twice as many bytes as the headers have
// fault 3: uninitialised: the outer header's version and length are not written
// fault 4: packet-bounds: the inner header is read without a check
// fault 5: null-check: the tunnel may be missing
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct outer {
  struct iphdr ip;
  __be16 flags;
  __be16 protocol;
};

struct tunnel {
  __u32 local;
  __u32 remote;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, __u32);
  __type(value, struct tunnel);
} tunnels SEC(".maps");

static __always_inline __u16 checksum(const struct iphdr* ip) {
  __u64 sum = bpf_csum_diff(0, 0, (void*)ip, sizeof(*ip), 0);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~(sum + (sum >> 16));
}

SEC("tc")
int tc_gre_room(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
#if FAULT == 4
  if ((void*)(eth + 1) > end) return TC_ACT_OK;
#else
  if ((void*)(ip + 1) > end) return TC_ACT_OK;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP)) return TC_ACT_OK;
  __u32 destination = ip->daddr;
  struct tunnel* tunnel = bpf_map_lookup_elem(&tunnels, &destination);
#if FAULT != 5
  if (!tunnel) return TC_ACT_OK;
#endif
  __u8 tos = ip->tos;
  __u16 size = bpf_ntohs(ip->tot_len) + sizeof(struct outer);
  __u64 flags = BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_GRE;
  if (bpf_skb_adjust_room(skb, sizeof(struct outer), BPF_ADJ_ROOM_MAC, flags)) return TC_ACT_SHOT;

  struct outer outer;
#if FAULT != 3
  outer.ip.version = 4;
  outer.ip.ihl = 5;
#endif
#if FAULT == 1
  outer.ip.tos = ip->tos | tos;
#else
  outer.ip.tos = tos;
#endif
  outer.ip.tot_len = bpf_htons(size);
  outer.ip.id = 0;
  outer.ip.frag_off = bpf_htons(0x4000);
  outer.ip.ttl = 64;
  outer.ip.protocol = IPPROTO_GRE;
  outer.ip.saddr = tunnel->local;
  outer.ip.daddr = tunnel->remote;
  outer.flags = 0;
  outer.protocol = bpf_htons(ETH_P_IP);
  outer.ip.check = 0;
  outer.ip.check = checksum(&outer.ip);
  __u32 length = (FAULT == 2 ? 2 : 1) * sizeof(outer);
  if (bpf_skb_store_bytes(skb, sizeof(*eth), &outer, length, 0)) return TC_ACT_SHOT;
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
