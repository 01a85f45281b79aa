// SPDX-License-Identifier: Apache-2.0
// Copies a record of up to 64 bytes and marks the end of its padding to 4 bytes.
// safe: 64 is a multiple of 4, so a length of at most 64 is at most 64 when rounded up
// fault 1: map-bounds: the mark stands behind the padding
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u8 bytes[64];
} scratch SEC(".bss.scratch");

SEC("xdp")
int padded_copy(struct xdp_md* ctx) {
  __u8* record = (__u8*)(long)ctx->data + 42;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (record + 1 > end) return XDP_PASS;
  __u64 length = record[0];
  if (length == 0 || length > 64) return XDP_PASS;
  if (record + 1 + length > end) return XDP_DROP;
  for (__u64 i = 0; i < length; i++) *(volatile __u8*)&scratch.bytes[i] = record[1 + i];
  __u64 padding = -length & 3;
  __u64 padded = length + padding;
#if FAULT == 1
  scratch.bytes[padded] = 0x80;
#else
  scratch.bytes[padded - 1] = 0x80;
#endif
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
