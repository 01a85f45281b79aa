// SPDX-License-Identifier: Apache-2.0
// Reads a flow's owner from a table that a frame carries, with a power of two of one-byte buckets.
// safe: hash & (n - 1) < n, as n is not 0, and n bytes behind the header were checked
// fault 1: packet-bounds: n may be 0, and then the mask is all bits
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[256];
} owners SEC(".bss.owners");

SEC("xdp")
int buckets_of_a_header(struct xdp_md* ctx) {
  __u8* table = (__u8*)(long)ctx->data + 18;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (table > end) return XDP_PASS;
  __u64 n = *(__u16*)(table - 4);
  __u64 hash = *(__u16*)(table - 2);
#if FAULT != 1
  if (n == 0) return XDP_PASS;
#endif
  if (table + n > end) return XDP_DROP;
  __u64 bucket = hash * 40503 & (n - 1);
  if (bucket > 0xffff) bucket = 0xffff;
  owners.counts[table[bucket]]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
