// SPDX-License-Identifier: Apache-2.0
// Allows or drops IPv6 by a trie of prefixes, first the source, then the destination.
// fault 1: null-check: the destination's rule is used when only the source's was checked
// fault 2: stack-bounds: the key is handed over four bytes too far in the frame
// fault 3: packet-bounds: the header is read where only the Ethernet header was checked
// fault 4: uninitialised: the upper half of the key's address is not written
// fault 5: type-confusion: takes the value for the number of the next rule's address
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct prefix {
  __u32 length;
  __u32 words[4];
};

struct rule {
  __u32 action;
  __u32 next;
  __u64 hits;
};

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, 4096);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct prefix);
  __type(value, struct rule);
} sources SEC(".maps"), destinations SEC(".maps");

static __always_inline struct rule* find(void* map, const struct in6_addr* address) {
  struct prefix key;
  key.length = 128;
#if FAULT == 4
  __builtin_memcpy(key.words, address, 8);
#else
  __builtin_memcpy(key.words, address, 16);
#endif
  asm volatile("" : : "r"(&key) : "memory");
#if FAULT == 2
  void* place = &key;
  asm volatile("%0 += 4" : "+r"(place));
  return bpf_map_lookup_elem(map, place);
#else
  return bpf_map_lookup_elem(map, &key);
#endif
}

SEC("xdp")
int lpm_firewall_v6(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct ipv6hdr* ip = (void*)(eth + 1);
#if FAULT == 3
  if ((void*)(eth + 1) > end) return XDP_PASS;
#else
  if ((void*)(ip + 1) > end) return XDP_PASS;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IPV6)) return XDP_PASS;

  struct rule* source = find(&sources, &ip->saddr);
  if (!source) return XDP_PASS;
  source->hits += 1;
  if (source->action) return XDP_DROP;
  struct rule* destination = find(&destinations, &ip->daddr);
#if FAULT == 1
  if (!source) return XDP_PASS;
#else
  if (!destination) return XDP_PASS;
#endif
  destination->hits += 1;
#if FAULT == 5
  struct rule* next = (void*)(long)destination->next;
  if (next && next->action) return XDP_DROP;
#endif
  return destination->action ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
