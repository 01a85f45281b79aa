// SPDX-License-Identifier: Apache-2.0
// Walks an MPLS label stack to its bottom and counts packets per outer label.
// fault 1: packet-bounds: a label is read without a check
// fault 2: termination: the loop waits for the bottom bit of a label it never leaves
// fault 3: map-bounds: the depth is one more than the histogram holds
// fault 4: null-check: the label's record may be missing
// fault 5: read-only-write: resets the configured limit, a constant
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define DEPTH 8

struct record {
  __u64 packets;
  __u64 bytes;
  __u32 depth[DEPTH];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct record);
} labels SEC(".maps");

const volatile __u32 max_depth = DEPTH;

SEC("xdp")
int mpls_pop(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end || eth->h_proto != bpf_htons(ETH_P_MPLS_UC)) return XDP_PASS;
  __be32* entry = (void*)(eth + 1);
  if ((void*)(entry + 1) > end) return XDP_DROP;
  __u32 outer = bpf_ntohl(*entry) >> 12;
  __u32 depth = 0;
#if FAULT == 2
  while (1) {
    if (bpf_ntohl(*entry) & 0x100) break;
    depth = depth < DEPTH - 1 ? depth + 1 : 0;
  }
#else
  for (depth = 0; depth < DEPTH; ++depth) {
#if FAULT != 1
    if ((void*)(entry + 1) > end) return XDP_DROP;
#endif
    if (bpf_ntohl(*entry) & 0x100) break;
    entry++;
  }
#endif
#if FAULT == 3
  if (depth > DEPTH) return XDP_DROP;
#else
  if (depth >= DEPTH) return XDP_DROP;
#endif
#if FAULT == 5
  *(volatile __u32*)&max_depth = DEPTH;
#endif
  if (depth > max_depth) return XDP_DROP;

  struct record* record = bpf_map_lookup_elem(&labels, &outer);
#if FAULT != 4
  if (!record) return XDP_PASS;
#endif
  record->packets += 1;
  record->bytes += end - data;
  record->depth[depth] += 1;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
