// SPDX-License-Identifier: Apache-2.0
// Follows compression pointers of a name in a DNS message, which must lead backwards.
// safe: each pointer is less than the place it stands at, which was inside of the message
// fault 1: packet-bounds: pointers may lead forwards
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define JUMPS 5

__u64 labels[64];

SEC("xdp")
int name_pointers(struct xdp_md* ctx) {
  __u8* message = (__u8*)(long)ctx->data + 42;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (message + 40 > end) return XDP_PASS;
  __u64 at = 38;
  for (int i = 0; i < JUMPS; i++) {
    __u64 length = message[at];
    if (length < 0xc0) {
      labels[length & 63]++;
      break;
    }
    __u64 target = (length & 0x3f) << 8 | message[at + 1];
#if FAULT == 1
    if (target == at) break;
#else
    if (target >= at) break;
#endif
    at = target;
  }
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
