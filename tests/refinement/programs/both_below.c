// SPDX-License-Identifier: Apache-2.0
// Counts pairs of traffic classes; one comparison checks that both are below 8.
// safe: a | b < 8 says that both are
// fault 1: map-bounds: a & b < 8 says it of one only
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[8][8];
} pairs SEC(".bss.pairs");

SEC("xdp")
int both_below(struct xdp_md* ctx) {
  __u8* data = (__u8*)(long)ctx->data;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (data + 20 > end) return XDP_PASS;
  __u64 outer = data[15];
  __u64 inner = data[19];
  asm volatile("" : "+r"(outer), "+r"(inner));
#if FAULT == 1
  if ((outer & inner) >= 8) return XDP_PASS;
#else
  if ((outer | inner) >= 8) return XDP_PASS;
#endif
  pairs.counts[outer][inner]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
