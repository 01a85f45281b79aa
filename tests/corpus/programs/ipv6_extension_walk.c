// SPDX-License-Identifier: Apache-2.0
// Walks IPv6 extension headers to the transport header and counts its protocol.
// fault 1: packet-bounds: the extension's length byte is not checked
// fault 2: termination: a fragment header neither advances the walk nor counts
// fault 3: map-bounds: counts by the raw protocol in a table of 64
// fault 4: null-check: the per-CPU counters may be missing
// fault 5: pointer-arithmetic: steps by an unbounded 64-bit distance
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct protocols {
  __u64 packets[64];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, struct protocols);
} counts SEC(".maps");

struct extension {
  __u8 next;
  __u8 length;
  __u8 body[6];
};

static __always_inline int is_extension(__u8 next) {
  return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
         next == IPPROTO_FRAGMENT;
}

SEC("xdp")
int ipv6_extension_walk(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct ipv6hdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IPV6)) return XDP_PASS;
  __u8 next = ip->nexthdr;
  void* cursor = ip + 1;
  for (int i = 0; i < 6 && is_extension(next); ++i) {
    struct extension* header = cursor;
    if ((void*)header + (FAULT == 1 ? 1 : sizeof(*header)) > end) return XDP_DROP;
#if FAULT == 5
    __u64 step = *(__u64*)header;
#else
    __u32 step = header->length * 8 + 8;
#endif
#if FAULT == 2
    if (next == IPPROTO_FRAGMENT) {
      i -= 1;
      continue;
    }
#else
    if (next == IPPROTO_FRAGMENT) step = 8;
#endif
    next = header->next;
    cursor += step;
  }
  __u32 queue = ctx->rx_queue_index;
  struct protocols* protocols = bpf_map_lookup_elem(&counts, &queue);
#if FAULT != 4
  if (!protocols) return XDP_PASS;
#endif
#if FAULT == 3
  protocols->packets[next] += 1;
#else
  protocols->packets[next & 63] += 1;
#endif
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
