// SPDX-License-Identifier: Apache-2.0
// Puts a VLAN tag in front of the payload: moves the head and the Ethernet addresses.
// fault 1: packet-bounds: moves the head by half a tag and checks the Ethernet header only
// fault 2: stale-packet-pointer: copies the addresses from before the head was moved
// fault 3: null-check: the interface's VLAN may be missing
// fault 4: helper-argument: moves the head with a pointer to the packet
// fault 5: context-access: reads the packet's end as two bytes in the middle
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct tagged {
  __u8 destination[6];
  __u8 source[6];
  __be16 outer;
  __be16 control;
  __be16 protocol;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u16);
} vlans SEC(".maps");

SEC("xdp")
int vlan_pusher(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end) return XDP_DROP;
  if (eth->h_proto == bpf_htons(ETH_P_8021Q)) return XDP_PASS;
  __u32 interface = ctx->ingress_ifindex;
  __u16* vlan = bpf_map_lookup_elem(&vlans, &interface);
#if FAULT != 3
  if (!vlan) return XDP_PASS;
#endif
#if FAULT == 5
  __u32 middle;
  asm volatile("%0 = *(u16 *)(%1 + 5)" : "=r"(middle) : "r"(ctx));
  if (middle == 0) return XDP_PASS;
#endif
  struct ethhdr saved = *eth;
#if FAULT == 4
  if (bpf_xdp_adjust_head(data, -4)) return XDP_DROP;
#else
  if (bpf_xdp_adjust_head(ctx, FAULT == 1 ? -2 : -4)) return XDP_DROP;
#endif
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
  struct tagged* tagged = data;
#if FAULT == 1
  if (data + sizeof(*eth) > end) return XDP_DROP;
#else
  if ((void*)(tagged + 1) > end) return XDP_DROP;
#endif
#if FAULT == 2
  __builtin_memcpy(tagged->destination, eth->h_dest, 6);
#else
  __builtin_memcpy(tagged->destination, saved.h_dest, 6);
#endif
  __builtin_memcpy(tagged->source, saved.h_source, 6);
  tagged->outer = bpf_htons(ETH_P_8021Q);
  tagged->control = bpf_htons(*vlan & 0xfff);
  tagged->protocol = saved.h_proto;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
