// SPDX-License-Identifier: Apache-2.0
// Counts a range's width; ends in the wrong order are exchanged by xor.
// safe: exchanged where first > last, so 0 <= last - first, and the ends are below 72
// fault 1: map-bounds: exchanged where they are in order already
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define PLACES 72

struct {
  __u64 counts[PLACES];
} widths SEC(".bss.widths");

SEC("xdp")
int exchanged_ends(struct xdp_md* ctx) {
  __u8* data = (__u8*)(long)ctx->data;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (data + 16 > end) return XDP_PASS;
  __u64 first = data[14];
  __u64 last = data[15];
  if (first >= PLACES || last >= PLACES) return XDP_DROP;
#if FAULT == 1
  __u64 order = (first - last) >> 63;
#else
  __u64 order = (last - first) >> 63;
#endif
  asm volatile("" : "+r"(order));
  __u64 difference = (first ^ last) & -order;
  first ^= difference;
  last ^= difference;
  __u64 width = last - first;
  widths.counts[width]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
