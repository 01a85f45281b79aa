// SPDX-License-Identifier: Apache-2.0
// Spreads flows over CPUs by a hash that is the same in both directions.
// fault 1: packet-bounds: the ports are read behind an unchecked header length
// fault 2: map-bounds: the table of CPUs is indexed by the raw hash
// fault 3: null-check: the list of CPUs may be missing
// fault 4: helper-argument: redirects to the list, which is an array
// fault 5: read-only-write: counts CPUs in a constant table
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define CPUS 8

struct list {
  __u64 generation;
  __u32 cpus[CPUS];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, struct list);
} lists SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_CPUMAP);
  __uint(max_entries, 64);
  __uint(key_size, 4);
  __uint(value_size, sizeof(struct bpf_cpumap_val));
} cpus SEC(".maps");

const volatile __u32 weights[4] = {1, 1, 2, 4};

static __always_inline __u32 hash6(const struct ipv6hdr* ip) {
  const __u32* source = (const void*)&ip->saddr;
  const __u32* destination = (const void*)&ip->daddr;
  __u32 hash = ip->nexthdr;
#pragma unroll
  for (int i = 0; i < 4; ++i) hash = (hash ^ source[i] ^ destination[i]) * 0x85ebca6b;
  return hash;
}

SEC("xdp")
int cpumap_spreader(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end) return XDP_PASS;
  __u32 hash = 0;
  if (eth->h_proto == bpf_htons(ETH_P_IP)) {
    struct iphdr* ip = (void*)(eth + 1);
    if ((void*)(ip + 1) > end) return XDP_PASS;
    hash = (ip->saddr ^ ip->daddr) * 0x9e3779b1;
    if (ip->protocol == IPPROTO_TCP || ip->protocol == IPPROTO_UDP) {
      __u16* ports = (void*)ip + ip->ihl * 4;
#if FAULT != 1
      if ((void*)(ports + 2) > end) return XDP_PASS;
#endif
      hash ^= ports[0] ^ ports[1];
    }
  } else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr* ip = (void*)(eth + 1);
    if ((void*)(ip + 1) > end) return XDP_PASS;
    hash = hash6(ip);
  }
  hash ^= hash >> 16;
  __u32 row = ctx->rx_queue_index & 3;
  struct list* list = bpf_map_lookup_elem(&lists, &row);
#if FAULT != 3
  if (!list) return XDP_ABORTED;
#endif
#if FAULT == 2
  __u32 cpu = list->cpus[hash & 0xffff];
#else
  __u32 cpu = list->cpus[hash & (CPUS - 1)];
#endif
#if FAULT == 5
  *(volatile __u32*)&weights[row & 3] += 1;
#endif
#if FAULT == 4
  return bpf_redirect_map(&lists, cpu, 0);
#else
  return bpf_redirect_map(&cpus, cpu * weights[row & 3], 0);
#endif
}

char _license[] SEC("license") = "GPL";
