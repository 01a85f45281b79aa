// SPDX-License-Identifier: Apache-2.0
// A firewall by longest prefix over IPv4 sources, with a port bitmap for each prefix.
// fault 1: null-check: no prefix may match
// fault 2: map-bounds: the bitmap's word is found with a shift that is one too small
// fault 3: uninitialised: the key's length is not written
// fault 4: packet-bounds: the ports are not checked
// fault 5: helper-argument: the key of the trie is a plain number
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct prefix {
  __u32 length;
  __u32 address;
};

struct rule {
  __u64 hits;
  __u64 ports[1024];
};

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, 1024);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct prefix);
  __type(value, struct rule);
} rules SEC(".maps");

SEC("xdp")
int lpm_firewall_v4(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP) return XDP_PASS;
  if (ip->ihl != 5) return XDP_DROP;
  __be16* ports = (void*)(ip + 1);
#if FAULT != 4
  if ((void*)(ports + 2) > end) return XDP_DROP;
#endif
  __u16 port = bpf_ntohs(ports[1]);

  struct prefix key;
#if FAULT != 3
  key.length = 32;
#endif
  key.address = ip->saddr;
  asm volatile("" : : "r"(&key) : "memory");
#if FAULT == 5
  struct rule* rule = bpf_map_lookup_elem(&rules, (void*)(long)ip->saddr);
#else
  struct rule* rule = bpf_map_lookup_elem(&rules, &key);
#endif
#if FAULT != 1
  if (!rule) return XDP_PASS;
#endif
  __sync_fetch_and_add(&rule->hits, 1);
#if FAULT == 2
  __u32 word = port >> 5;
#else
  __u32 word = port >> 6;
#endif
  return rule->ports[word] >> (port & 63) & 1 ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
