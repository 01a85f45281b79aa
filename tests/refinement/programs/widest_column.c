// SPDX-License-Identifier: Apache-2.0
// Sums the last cell of eight columns of different heights; room is checked for the highest only.
// safe: each height is at most the greatest, for which there is room
// fault 1: packet-bounds: the greatest of the first seven
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define COLUMNS 8

#if FAULT == 1
#define COMPARED (COLUMNS - 1)
#else
#define COMPARED COLUMNS
#endif

__u64 total;

SEC("xdp")
int widest_column(struct xdp_md* ctx) {
  __u8* cells = (__u8*)(long)ctx->data + 14 + COLUMNS;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (cells > end) return XDP_PASS;
  __u8 heights[COLUMNS];
  __builtin_memcpy(heights, cells - COLUMNS, COLUMNS);
  __u64 greatest = 0;
  for (int i = 0; i < COMPARED; i++) {
    if (heights[i] > greatest) greatest = heights[i];
  }
  if (cells + greatest > end) return XDP_DROP;
  __u64 sum = 0;
  for (int i = 0; i < COLUMNS; i++) {
    __u64 height = heights[i];
    if (height != 0) sum += cells[height - 1];
  }
  total += sum;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
