// SPDX-License-Identifier: Apache-2.0
// Balances TCP over backends with a Maglev table and rewrites the destination in place.
// fault 1: packet-bounds: reads the ports without a check of the TCP header
// fault 2: null-check: the backend may be missing
// fault 3: map-bounds: the slot is not reduced to the size of the table
// fault 4: packet-bounds: the IPv4 header is checked one byte short
// fault 5: type-confusion: the backend's address is used as a pointer
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define SLOTS 256

struct backend {
  __u32 address;
  __u8 mac[6];
  __u16 weight;
  __u64 packets;
};

struct service {
  __u32 generation;
  __u32 slots[SLOTS];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct service);
} services SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct backend);
} backends SEC(".maps");

static __always_inline __u32 mix(__u32 a, __u32 b) {
  a ^= b;
  a *= 0x9e3779b1;
  return a ^ (a >> 15);
}

static __always_inline void replace_address(struct iphdr* ip, struct tcphdr* tcp, __u32 to) {
  __u32 from = ip->daddr;
  __u32 delta = (~from & 0xffff) + (~from >> 16) + (to & 0xffff) + (to >> 16);
  __u32 sum = (__u16)~ip->check + delta;
  sum = (sum & 0xffff) + (sum >> 16);
  ip->check = ~((sum & 0xffff) + (sum >> 16));
  sum = (__u16)~tcp->check + delta;
  sum = (sum & 0xffff) + (sum >> 16);
  tcp->check = ~((sum & 0xffff) + (sum >> 16));
  ip->daddr = to;
}

SEC("xdp")
int maglev_balancer(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct tcphdr* tcp = (void*)(ip + 1);
  if ((void*)(ip + 1) - (FAULT == 4) > end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_TCP) return XDP_PASS;
#if FAULT == 4
  if (ip->frag_off & bpf_htons(0x3fff)) return XDP_PASS;
  if (ip->daddr == 0) return XDP_DROP;
#endif
#if FAULT != 1
  if ((void*)(tcp + 1) > end) return XDP_PASS;
#endif

  __u32 virtual = ip->daddr;
  struct service* service = bpf_map_lookup_elem(&services, &virtual);
  if (!service) return XDP_PASS;
  __u32 hash = mix(mix(ip->saddr, virtual), (__u32)tcp->source << 16 | tcp->dest);
#if FAULT == 3
  __u32 slot = hash & 0x1ff;
#else
  __u32 slot = hash & (SLOTS - 1);
#endif
  __u32 id = service->slots[slot];
  struct backend* backend = bpf_map_lookup_elem(&backends, &id);
#if FAULT != 2
  if (!backend) return XDP_DROP;
#endif
#if FAULT == 5
  __builtin_memcpy(eth->h_dest, (void*)(long)backend->address, 6);
#else
  __builtin_memcpy(eth->h_dest, backend->mac, 6);
#endif
  replace_address(ip, tcp, backend->address);
  __sync_fetch_and_add(&backend->packets, 1);
  return XDP_TX;
}

char _license[] SEC("license") = "GPL";
