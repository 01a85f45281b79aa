// SPDX-License-Identifier: Apache-2.0
// Sums the bytes that six parts of a buffer begin with, whose lengths are the first bytes.
// safe: prefix sums ascend, and the whole sum was checked; empty parts are left out
// fault 1: memory-bounds: empty parts are not left out, and the last one may begin at the end
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#define PARTS 6

SEC("plain")
__u64 gathered_parts(const __u8* buffer, __u64 length) {
  __u16 starts[PARTS];
  if (length < PARTS) return 0;
  __u64 total = PARTS;
#pragma unroll
  for (int i = 0; i < PARTS; i++) {
    starts[i] = total;
    total += buffer[i];
  }
  if (total > length) return 0;
  __u64 sum = 0;
#pragma unroll
  for (int i = 0; i < PARTS; i++) {
    __u64 start = *(volatile __u16*)&starts[i];
#if FAULT != 1
    if (buffer[i] == 0) continue;
#endif
    sum += buffer[start];
  }
  return sum;
}
