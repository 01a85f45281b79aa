// SPDX-License-Identifier: Apache-2.0
// Counts the third colour of the last whole pixel, three bytes each, of a payload of any length.
// safe: n / 3 * 3 <= n, and it is not 0
// fault 1: packet-bounds: n is rounded up to whole pixels
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[256];
} colours SEC(".bss.colours");

SEC("xdp")
int whole_triplets(struct xdp_md* ctx) {
  __u8* pixels = (__u8*)(long)ctx->data + 44;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (pixels > end) return XDP_PASS;
  __u64 length = *(__u16*)(pixels - 2);
  if (pixels + length > end) return XDP_DROP;
#if FAULT == 1
  __u64 whole = (length + 2) / 3 * 3;
#else
  __u64 whole = length / 3 * 3;
#endif
  if (whole == 0) return XDP_PASS;
  colours.counts[pixels[whole - 1]]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
