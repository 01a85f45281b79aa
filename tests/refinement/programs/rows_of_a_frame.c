// SPDX-License-Identifier: Apache-2.0
// Sums the last byte of each row of a table in a frame: rows and bytes a row are in its header.
// safe: row < rows, so row * stride + stride - 1 < rows * stride, which was checked
// fault 1: packet-bounds: one row too many
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define MOST_ROWS 8

__u64 total;

SEC("xdp")
int rows_of_a_frame(struct xdp_md* ctx) {
  __u8* table = (__u8*)(long)ctx->data + 16;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (table > end) return XDP_PASS;
  __u64 rows = table[-2];
  __u64 stride = table[-1];
  if (rows > MOST_ROWS || stride == 0) return XDP_PASS;
  if (table + rows * stride > end) return XDP_DROP;
  __u64 sum = 0;
  for (__u64 row = 0; row < MOST_ROWS; row++) {
#if FAULT == 1
    if (row > rows) break;
#else
    if (row >= rows) break;
#endif
    sum += table[row * stride + stride - 1];
  }
  total += sum;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
