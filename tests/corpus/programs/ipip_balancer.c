// SPDX-License-Identifier: Apache-2.0
// Wraps packets for a virtual address into IP-in-IP towards the real server.
// fault 1: stale-packet-pointer: reads the old IPv4 header after the head has moved
// fault 2: packet-bounds: moves the head the wrong way and does not check
// fault 3: null-check: the server may be missing
// fault 4: helper-argument: looks a server up in the program array
// fault 5: uninitialised: half of the key is not written
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct virtual_key {
  __u32 protocol;
  __u32 address;
};

struct server {
  __u32 local;
  __u32 remote;
  __u8 mac[6];
  __u8 pad[2];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, struct virtual_key);
  __type(value, struct server);
} servers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 4);
  __uint(key_size, 4);
  __uint(value_size, 4);
} stages SEC(".maps");

static __always_inline __u16 header_checksum(struct iphdr* ip) {
  __u16* words = (__u16*)ip;
  __u32 sum = 0;
  ip->check = 0;
#pragma unroll
  for (int i = 0; i < 10; ++i) sum += words[i];
  sum = (sum & 0xffff) + (sum >> 16);
  return ~((sum & 0xffff) + (sum >> 16));
}

SEC("xdp")
int ipip_balancer(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* inner = (void*)(eth + 1);
  if ((void*)(inner + 1) > end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;

  struct virtual_key key;
  key.address = inner->daddr;
#if FAULT != 5
  key.protocol = inner->protocol;
#endif
#if FAULT == 4
  struct server* server = bpf_map_lookup_elem(&stages, &key);
#else
  struct server* server = bpf_map_lookup_elem(&servers, &key);
#endif
#if FAULT != 3
  if (!server) return XDP_PASS;
#endif
  __u16 length = bpf_ntohs(inner->tot_len);
  __u8 tos = inner->tos;

  int room = sizeof(struct iphdr);
  if (bpf_xdp_adjust_head(ctx, FAULT == 2 ? room : -room)) return XDP_DROP;
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
  eth = data;
  struct iphdr* outer = (void*)(eth + 1);
#if FAULT != 2
  if ((void*)(outer + 1) > end) return XDP_DROP;
#endif
  __builtin_memcpy(eth->h_dest, server->mac, 6);
  __builtin_memset(eth->h_source, 2, 6);
  eth->h_proto = bpf_htons(ETH_P_IP);
  outer->version = 4;
  outer->ihl = 5;
#if FAULT == 1
  outer->tos = inner->tos | tos;
#else
  outer->tos = tos;
#endif
  outer->tot_len = bpf_htons(length + sizeof(*outer));
  outer->id = 0;
  outer->frag_off = 0;
  outer->ttl = 64;
  outer->protocol = IPPROTO_IPIP;
  outer->saddr = server->local;
  outer->daddr = server->remote;
  outer->check = header_checksum(outer);
  return XDP_TX;
}

char _license[] SEC("license") = "GPL";
