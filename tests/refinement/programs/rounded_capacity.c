// SPDX-License-Identifier: Apache-2.0
// A datagram keeps its values in a table with room for a power of two; reads the last one in use.
// safe: a number of values is at most the next power of two, for which there is room
// fault 1: packet-bounds: rounds down to a power of two
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[256];
} values SEC(".bss.values");

static __always_inline __u64 rounded_up(__u64 n) {
#if FAULT != 1
  n--;
#endif
  n |= n >> 1;
  n |= n >> 2;
  n |= n >> 4;
#if FAULT == 1
  return n - (n >> 1);
#else
  return n + 1;
#endif
}

SEC("xdp")
int rounded_capacity(struct xdp_md* ctx) {
  __u8* table = (__u8*)(long)ctx->data + 43;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (table > end) return XDP_PASS;
  __u64 used = *(volatile __u8*)(table - 1);
  if (used == 0) return XDP_PASS;
  if (table + rounded_up(used) > end) return XDP_DROP;
  values.counts[table[used - 1]]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
