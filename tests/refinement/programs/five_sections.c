// SPDX-License-Identifier: Apache-2.0
// Checks the last byte of each of a report's five sections, whose lengths stand before them.
// safe: the five lengths' sum was checked, and each section ends within it
// fault 1: packet-bounds: the sum leaves out the fourth length
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SECTIONS 5

__u64 complete;

SEC("xdp")
int five_sections(struct xdp_md* ctx) {
  __u8* report = (__u8*)(long)ctx->data + 42;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (report + SECTIONS > end) return XDP_PASS;
  __u64 a = report[0], b = report[1], c = report[2], d = report[3], e = report[4];
#if FAULT == 1
  __u64 total = SECTIONS + a + b + c + e;
#else
  __u64 total = SECTIONS + a + b + c + d + e;
#endif
  if (report + total > end) return XDP_DROP;
  __u64 last = SECTIONS - 1;
  __u64 sum = report[last += a];
  sum += report[last += b];
  sum += report[last += c];
  sum += report[last += d];
  sum += report[last += e];
  if (sum == 0) complete++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
