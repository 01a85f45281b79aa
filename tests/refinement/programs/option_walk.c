// SPDX-License-Identifier: Apache-2.0
// Walks options of kind and length behind a header whose size is a nibble of words.
// safe: an option's two bytes lie before the size, which was checked with the packet's end
// fault 1: packet-bounds: the option's length is read when one byte is left
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 kinds[16];

SEC("xdp")
int option_walk(struct xdp_md* ctx) {
  __u8* header = (__u8*)(long)ctx->data + 14;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (header + 20 > end) return XDP_PASS;
  __u64 size = (header[0] & 15) << 2;
  if (size < 20 || header + size > end) return XDP_DROP;
  __u64 left = size - 20;
  for (int i = 0; i < 10; i++) {
#if FAULT == 1
    if (left < 1) break;
#else
    if (left < 2) break;
#endif
    __u8* option = header + (size - left);
    __u64 length = option[1];
    kinds[option[0] & 15]++;
    if (length < 2 || length > left) break;
    left -= length;
  }
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
