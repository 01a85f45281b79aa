// SPDX-License-Identifier: Apache-2.0
// Reads a trailer's type from the end of a payload, whose length is the rest of two nested lengths.
// safe: outer >= inner >= 8 and data + 14 + outer <= end: 14 + outer - inner + 7 is before it
// fault 1: packet-bounds: the trailer may be 7 bytes long, and the byte behind it is read
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[256];
} types SEC(".bss.types");

SEC("xdp")
int trailer_before_end(struct xdp_md* ctx) {
  __u8* data = (__u8*)(long)ctx->data;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (data + 18 > end) return XDP_PASS;
  __u64 outer = bpf_ntohs(*(__u16*)(data + 14));
  __u64 inner = bpf_ntohs(*(__u16*)(data + 16));
#if FAULT == 1
  if (inner < 7) return XDP_DROP;
#else
  if (inner < 8) return XDP_DROP;
#endif
  __s64 before = outer - inner;
  if (before < 0) return XDP_DROP;
  if (data + 14 + outer > end) return XDP_DROP;
  __u64 start = 14 + before;
  types.counts[data[start + 7]]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
