// SPDX-License-Identifier: Apache-2.0
// Mirrors chosen packets to another interface and redirects the rest to their next hop.
// fault 1: stale-packet-pointer: reads the header after the packet was cloned
// fault 2: stack-bounds: the next hop's parameters are said to be twice as long
// fault 3: null-check: the next hop may be missing
// fault 4: uninitialised: the rest of the parameters is not cleared
// fault 5: packet-bounds: the destination is read behind a check of the header's half
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET 2

struct hop {
  __u32 interface;
  __u32 address;
  __u32 mirror;
  __u32 metric;
};

struct prefix {
  __u32 length;
  __u32 address;
};

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, 1024);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct prefix);
  __type(value, struct hop);
} hops SEC(".maps");

SEC("tc")
int tc_mirror_neighbour(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
#if FAULT == 5
  if ((void*)ip + 10 > end) return TC_ACT_OK;
#else
  if ((void*)(ip + 1) > end) return TC_ACT_OK;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP)) return TC_ACT_OK;
  struct prefix key = {32, ip->daddr};
  struct hop* hop = bpf_map_lookup_elem(&hops, &key);
#if FAULT != 3
  if (!hop) return TC_ACT_OK;
#endif
  __u8 ttl = ip->ttl;
  if (hop->mirror) {
    if (bpf_clone_redirect(skb, hop->mirror, 0)) return TC_ACT_SHOT;
#if FAULT == 1
    ttl = ip->ttl;
#endif
  }
  if (ttl <= 1) return TC_ACT_SHOT;

  struct bpf_redir_neigh neighbour;
#if FAULT != 4
  __builtin_memset(&neighbour, 0, sizeof(neighbour));
#endif
  neighbour.nh_family = AF_INET;
  neighbour.ipv4_nh = hop->address;
#if FAULT == 2
  return bpf_redirect_neigh(hop->interface, &neighbour, 2 * sizeof(neighbour), 0);
#else
  return bpf_redirect_neigh(hop->interface, &neighbour, sizeof(neighbour), 0);
#endif
}

char _license[] SEC("license") = "GPL";
