// SPDX-License-Identifier: Apache-2.0
// Walks attributes of a length and a type, each padded to four bytes, of a payload of whole words.
// safe: length <= left and left is a multiple of 4, so the padded length is at most left, too
// fault 1: packet-bounds: the payload need not be whole words
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 types[16];

SEC("xdp")
int attribute_walk(struct xdp_md* ctx) {
  __u8* payload = (__u8*)(long)ctx->data + 18;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (payload > end) return XDP_PASS;
  __u64 size = *(__u16*)(payload - 2);
#if FAULT != 1
  size &= 0xfffc;
#endif
  if (payload + size > end) return XDP_DROP;
  __u64 at = 0;
  for (int i = 0; i < 6; i++) {
    if (at == size) break;
    __u16* attribute = (__u16*)(payload + at);
    __u64 length = attribute[0];
    types[attribute[1] & 15]++;
    if (length < 4 || length > size - at) break;
    at += (length + 3) & ~3ull;
  }
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
