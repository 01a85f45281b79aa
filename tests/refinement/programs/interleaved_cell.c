// SPDX-License-Identifier: Apache-2.0
// Counts samples on a grid of 6 by 6 cells in Z-order: the bits of row and column interleaved.
// safe: 5 is 101 in binary: rows and columns of at most 5 give 110011 at most, which is 51
// fault 1: map-bounds: the columns are not limited to 5
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[52];
} cells SEC(".bss.cells");

static __always_inline __u64 spread(__u64 x) { return (x & 1) | (x & 2) << 1 | (x & 4) << 2; }

SEC("kprobe/vfs_read")
int interleaved_cell(void* ctx) {
  __u64 random = bpf_get_prandom_u32();
  __u64 row = random >> 8 & 7;
  __u64 column = random >> 16 & 7;
  if (row > 5) return 0;
#if FAULT != 1
  if (column > 5) return 0;
#endif
  __u64 cell = spread(row) << 1 | spread(column);
  cells.counts[cell]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
