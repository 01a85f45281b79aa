// SPDX-License-Identifier: Apache-2.0
// Reads the first byte of a range of a frame that the frame itself names by offset and length.
// safe: the sum does not wrap, so offset <= end <= size, and the length is not 0
// fault 1: packet-bounds: the sum may wrap around 32 bits
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[256];
} firsts SEC(".bss.firsts");

SEC("xdp")
int range_of_words(struct xdp_md* ctx) {
  __u8* data = (__u8*)(long)ctx->data;
  __u8* data_end = (__u8*)(long)ctx->data_end;
  if (data + 22 > data_end) return XDP_PASS;
  __u32 offset = *(__u32*)(data + 14);
  __u32 length = *(__u32*)(data + 18);
  __u32 size = data_end - data;
  __u32 end = offset + length;
#if FAULT != 1
  if (end < offset) return XDP_DROP;
#endif
  if (length == 0 || end > size || size > 0xffff) return XDP_DROP;
  if (data + end > data_end) return XDP_DROP;
  __u64 at = offset;
  if (at > 0xffff) at = 0xffff;
  firsts.counts[data[at]]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
