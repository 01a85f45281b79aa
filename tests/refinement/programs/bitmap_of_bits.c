// SPDX-License-Identifier: Apache-2.0
// Answers whether a block is set in a bitmap that a frame carries, as many bits as it says.
// safe: block < blocks, so block / 8 < (blocks + 7) / 8, the bytes that were checked
// fault 1: packet-bounds: the bytes are rounded down
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

__u64 present;

SEC("xdp")
int bitmap_of_bits(struct xdp_md* ctx) {
  __u8* data = (__u8*)(long)ctx->data;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (data + 18 > end) return XDP_PASS;
  __u64 blocks = bpf_ntohs(*(__u16*)(data + 14));
  __u64 block = bpf_ntohs(*(__u16*)(data + 16));
  if (block >= blocks) return XDP_DROP;
#if FAULT == 1
  __u64 bytes = blocks / 8;
#else
  __u64 bytes = (blocks + 7) / 8;
#endif
  if (data + 18 + bytes > end) return XDP_DROP;
  if (data[18 + block / 8] >> (block & 7) & 1) present++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
