// SPDX-License-Identifier: Apache-2.0
// Removes up to two VLAN tags and moves the Ethernet addresses behind them.
// fault 1: packet-bounds: the second tag is read without a check
// fault 2: stale-packet-pointer: writes the addresses through the pointer from before the move
// fault 3: packet-bounds: writes the header one header too far
// fault 4: null-check: the VLAN's policy may be missing
// fault 5: pointer-arithmetic: the value of 14 bytes begins 13 before the packet's end
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct tag {
  __be16 control;
  __be16 protocol;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u16);
  __type(value, __u32);
} policies SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u16);
  __type(value, __u8[14]);
} last_frame SEC(".maps");

static __always_inline int is_vlan(__be16 protocol) {
  return protocol == bpf_htons(ETH_P_8021Q) || protocol == bpf_htons(ETH_P_8021AD);
}

SEC("xdp")
int vlan_stack_pop(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end || !is_vlan(eth->h_proto)) return XDP_PASS;
  struct tag* tag = (void*)(eth + 1);
  if ((void*)(tag + 1) > end) return XDP_DROP;
  __u16 vlan = bpf_ntohs(tag->control) & 0xfff;
  __be16 protocol = tag->protocol;
  int depth = 1;
  if (is_vlan(protocol)) {
    struct tag* inner = tag + 1;
#if FAULT != 1
    if ((void*)(inner + 1) > end) return XDP_DROP;
#endif
    protocol = inner->protocol;
    depth = 2;
  }
  __u32* policy = bpf_map_lookup_elem(&policies, &vlan);
#if FAULT != 4
  if (!policy) return XDP_DROP;
#endif
  if (*policy == 0) return XDP_DROP;
#if FAULT == 5
  if (bpf_map_update_elem(&last_frame, &vlan, end - 13, BPF_ANY)) return XDP_DROP;
#else
  if (bpf_map_update_elem(&last_frame, &vlan, data, BPF_ANY)) return XDP_DROP;
#endif

  struct ethhdr saved;
  __builtin_memcpy(&saved, eth, sizeof(saved));
  if (bpf_xdp_adjust_head(ctx, depth == 2 ? 8 : 4)) return XDP_ABORTED;
#if FAULT != 2
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
#endif
  eth = data;
  if ((void*)(eth + 1) > end) return XDP_ABORTED;
  saved.h_proto = protocol;
  __builtin_memcpy(eth + (FAULT == 3), &saved, sizeof(saved));
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
