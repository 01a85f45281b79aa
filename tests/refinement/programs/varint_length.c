// SPDX-License-Identifier: Apache-2.0
// Decodes a length of 7 bits a byte, at most three, and looks at the byte it reaches to.
// safe: the value is compared with what is left of the frame, whatever the loop made of it
// fault 1: packet-bounds: what is left is taken before the length's own bytes
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[256];
} endings SEC(".bss.endings");

SEC("xdp")
int varint_length(struct xdp_md* ctx) {
  __u8* at = (__u8*)(long)ctx->data + 42;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (at + 3 > end) return XDP_PASS;
  __u64 value = 0;
  __u64 used = 0;
  for (__u64 shift = 0; shift < 21; shift += 7) {
    __u64 byte = at[used++];
    value |= (byte & 0x7f) << shift;
    if (!(byte & 0x80)) break;
  }
  __u64 left = end - at;
#if FAULT != 1
  left -= used;
#endif
  if (value == 0 || left >> 15 || value > left) return XDP_DROP;
  endings.counts[at[used + value - 1]]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
