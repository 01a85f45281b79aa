// SPDX-License-Identifier: Apache-2.0
// Finds four fields of a header, keeps their offsets, and reads the one that the user asks for.
// safe: each offset is at most 30, and 34 bytes are there: a field has four
// fault 1: packet-bounds: the last offset is 31
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u32 choice;
__u64 seen;

SEC("xdp")
int offsets_on_the_stack(struct xdp_md* ctx) {
  __u8* data = (__u8*)(long)ctx->data;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (data + 34 > end) return XDP_PASS;
  volatile __u32 offsets[4];
  offsets[0] = 14;
  offsets[1] = data[14] & 1 ? 18 : 22;
  offsets[2] = 26;
#if FAULT == 1
  offsets[3] = 31;
#else
  offsets[3] = 30;
#endif
  __u64 asked = *(volatile __u32*)&choice & 3;
  __u64 offset = offsets[asked];
  seen += *(__u32*)(data + offset);
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
