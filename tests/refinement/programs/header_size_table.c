// SPDX-License-Identifier: Apache-2.0
// Counts the senders of an overlay's frames; headers are checked by a table of their sizes.
// safe: the table has 24 bytes for kind 2, and the sender's last byte is at 23
// fault 1: packet-bounds: the table has 20 bytes for kind 2
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

enum { kHello, kData, kRelayed, kGoodbye };

#if FAULT == 1
static const volatile __u8 kSizes[4] = {4, 12, 20, 8};
#else
static const volatile __u8 kSizes[4] = {4, 12, 24, 8};
#endif

__u64 bytes[4];
__u64 senders[256];

SEC("xdp")
int header_size_table(struct xdp_md* ctx) {
  __u8* header = (__u8*)(long)ctx->data + 14;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (header + 4 > end) return XDP_PASS;
  __u32 kind = header[0] & 3;
  __u32 size = kSizes[kind];
  if (header + size > end) return XDP_DROP;
  bytes[kind] += size;
  if (kind == kRelayed) senders[header[23]]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
