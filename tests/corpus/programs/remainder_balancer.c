// SPDX-License-Identifier: Apache-2.0
// Spreads UDP over a prime number of backends by the remainder of a hash.
// linux: rejects at all levels: the bound of a remainder is not known
// fault 1: map-bounds: the remainder is of three backends too many
// fault 2: packet-bounds: the ports are read behind a check of the IPv4 header only
// fault 3: null-check: the ring may be missing
// fault 4: read-only-write: moves the seed, a constant
// fault 5: uninitialised: the choice comes from a register that a call has destroyed
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define BACKENDS 13

struct ring {
  __u64 packets;
  __u32 addresses[BACKENDS];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct ring);
} rings SEC(".maps");

const volatile __u32 seed = 0x9e3779b9;

SEC("xdp")
int remainder_balancer(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct udphdr* udp = (void*)(ip + 1);
#if FAULT == 2
  if ((void*)(ip + 1) > end) return XDP_PASS;
#else
  if ((void*)(udp + 1) > end) return XDP_PASS;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_UDP) return XDP_PASS;
  __u32 virtual = ip->daddr;
  struct ring* ring = bpf_map_lookup_elem(&rings, &virtual);
#if FAULT != 3
  if (!ring) return XDP_PASS;
#endif
  __u32 hash = (ip->saddr ^ seed) * 0x85ebca6b;
  hash ^= ((__u32)udp->source << 16 | udp->dest) + (hash >> 13);
#if FAULT == 4
  *(volatile __u32*)&seed = hash;
#endif
#if FAULT == 5
  asm volatile("call 7; %0 = r3" : "=r"(hash) : : "r0", "r1", "r2", "r3", "r4", "r5");
#endif
  __u32 choice = hash % (FAULT == 1 ? BACKENDS + 3 : BACKENDS);
  ring->packets += 1;
  ip->daddr = ring->addresses[choice];
  udp->check = 0;
  return XDP_TX;
}

char _license[] SEC("license") = "GPL";
