// SPDX-License-Identifier: Apache-2.0
// Reads one cell of a matrix of bytes behind its width, height, row and column.
// safe: row < height and column < width, so row * width + column < height * width
// fault 1: memory-bounds: row and column are exchanged in their checks
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

SEC("plain")
__u64 cell_of_a_matrix(const __u8* buffer, __u64 length) {
  if (length < 4) return 0;
  __u64 width = buffer[0];
  __u64 height = buffer[1];
  __u64 row = buffer[2];
  __u64 column = buffer[3];
  if (width * height > length - 4) return 0;
#if FAULT == 1
  if (row >= width || column >= height) return 0;
#else
  if (row >= height || column >= width) return 0;
#endif
  return buffer[4 + row * width + column];
}
