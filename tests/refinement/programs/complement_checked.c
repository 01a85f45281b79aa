// SPDX-License-Identifier: Apache-2.0
// Accepts a record's number only with its complement beside it, and checks the complement's range.
// safe: n == ~m as 16 bits, and m >= 0xffff - 35, so n is at most 35
// fault 1: map-bounds: number and complement are compared in their lower bytes only
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[36];
} records SEC(".bss.records");

SEC("xdp")
int complement_checked(struct xdp_md* ctx) {
  __u8* data = (__u8*)(long)ctx->data;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (data + 46 > end) return XDP_PASS;
  __u64 number = *(__u16*)(data + 42);
  __u64 complement = *(__u16*)(data + 44);
  __u64 both = number + complement;
#if FAULT == 1
  if ((both & 0xff) != 0xff) return XDP_DROP;
#else
  if ((both ^ 0xffff) != 0) return XDP_DROP;
#endif
  if (complement < 0xffff - 35) return XDP_PASS;
  records.counts[number]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
