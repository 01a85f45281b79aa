// SPDX-License-Identifier: Apache-2.0
// Strips the outer IPv4 and GRE headers, with the optional checksum, key and sequence fields.
// fault 1: packet-bounds: the GRE key is read without a check of the optional fields
// fault 2: stale-packet-pointer: the inner protocol is written through the pointer from before
// fault 3: null-check: the tunnel of the key may be missing
// fault 4: packet-bounds: the GRE header's check comes two bytes short
// fault 5: context-access: writes the end of the packet into the context
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct gre {
  __be16 flags;
  __be16 protocol;
};

struct tunnel {
  __u32 peer;
  __u32 enabled;
  __u64 packets;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 128);
  __type(key, __u32);
  __type(value, struct tunnel);
} tunnels SEC(".maps");

SEC("xdp")
int gre_decap(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct gre* gre = (void*)(ip + 1);
  if ((void*)(gre + 1) - (FAULT == 4 ? 2 : 0) > end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  if (ip->ihl != 5 || ip->protocol != IPPROTO_GRE) return XDP_PASS;

  __u16 flags = bpf_ntohs(gre->flags);
  __be16 protocol = gre->protocol;
  if (flags & 0x4fff) return XDP_DROP;
  __u32 size = sizeof(*ip) + sizeof(*gre);
  __u32* field = (void*)(gre + 1);
  if (flags & 0x8000) {
    field++;
    size += 4;
  }
  __u32 key = 0;
  if (flags & 0x2000) {
#if FAULT != 1
    if ((void*)(field + 1) > end) return XDP_DROP;
#endif
    key = *field;
    size += 4;
  }
  if (flags & 0x1000) size += 4;

  struct tunnel* tunnel = bpf_map_lookup_elem(&tunnels, &key);
#if FAULT != 3
  if (!tunnel) return XDP_PASS;
#endif
  if (!tunnel->enabled || tunnel->peer != ip->saddr) return XDP_DROP;
  tunnel->packets += 1;
  struct ethhdr saved = *eth;
  if (bpf_xdp_adjust_head(ctx, size)) return XDP_ABORTED;
#if FAULT == 5
  ctx->data_end = ctx->data + sizeof(saved);
#endif
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
  struct ethhdr* moved = data;
  if ((void*)(moved + 1) > end) return XDP_ABORTED;
  *moved = saved;
#if FAULT == 2
  eth->h_proto = protocol;
#else
  moved->h_proto = protocol;
#endif
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
