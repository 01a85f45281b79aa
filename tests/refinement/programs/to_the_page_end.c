// SPDX-License-Identifier: Apache-2.0
// Marks the last byte that is left in its page of a buffer of 2 pages of 128 bytes.
// safe: an offset of at most 255 plus the distance to the next multiple of 128 is at most 256
// fault 1: map-bounds: at an offset of 128 a whole page is taken to be left, and a byte more marked
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define PAGE 128

struct {
  __u8 bytes[2 * PAGE];
} buffer SEC(".bss.buffer");

SEC("tracepoint/block/block_rq_issue")
int to_the_page_end(void* ctx) {
  __u64 offset = bpf_get_prandom_u32() & (2 * PAGE - 1);
  __u64 left = -offset & (PAGE - 1);
#if FAULT == 1
  if (left == 0) left = PAGE;
  buffer.bytes[offset + left] = 1;
#else
  if (left == 0) return 0;
  buffer.bytes[offset + left - 1] = 1;
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
