// SPDX-License-Identifier: Apache-2.0
// Chooses a backend by hashing the words of the IPv4 header, options included.
// linux: rejects at all levels: that the words lie in the header follows from two comparisons
// fault 1: packet-bounds: the header's length is not checked
// fault 2: map-bounds: the remainder is of one backend too many
// fault 3: null-check: the pool may be missing
// fault 4: termination: the loop runs until the hash is odd, which it may never be
// fault 5: helper-argument: redirects to a pool
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define BACKENDS 8

struct pool {
  __u32 ports[BACKENDS];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct pool);
} pools SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u32);
} ports SEC(".maps");

SEC("xdp")
int header_words_balancer(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  __u32 size = ip->ihl * 4;
  if (size < sizeof(*ip)) return XDP_DROP;
#if FAULT != 1
  if ((void*)ip + size > end) return XDP_DROP;
#endif
  __u32 hash = 1;
  __u32* words = (void*)ip;
  for (__u32 i = 0; i < 15; ++i) {
    if (i * 4 >= size) break;
    hash = (hash ^ words[i]) * 0x01000193;
  }
#if FAULT == 4
  while (!(hash & 1)) hash *= 3;
#endif
  __u32 interface = ctx->ingress_ifindex;
  struct pool* pool = bpf_map_lookup_elem(&pools, &interface);
#if FAULT != 3
  if (!pool) return XDP_PASS;
#endif
  hash ^= hash >> 16;
#if FAULT == 2
  __u32 choice = hash % (BACKENDS + 1);
#else
  __u32 choice = hash % BACKENDS;
#endif
#if FAULT == 5
  return bpf_redirect_map(&pools, pool->ports[choice], 0);
#else
  return bpf_redirect_map(&ports, pool->ports[choice], 0);
#endif
}

char _license[] SEC("license") = "GPL";
