// SPDX-License-Identifier: Apache-2.0
// Splits a request over two halves of a buffer of 100 bytes and marks the end of each share.
// safe: the shares are n / 2 and n - n / 2, both at most 50 for a request of at most 100
// fault 1: map-bounds: a request of 102 bytes is let in
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define HALF 50

#if FAULT == 1
#define MOST (2 * HALF + 2)
#else
#define MOST (2 * HALF)
#endif

struct {
  __u8 bytes[HALF];
} left SEC(".bss.left");

struct {
  __u8 bytes[HALF];
} right SEC(".bss.right");

struct write_args {
  __u64 common;
  __s64 number;
  __u64 file;
  __u64 buffer;
  __u64 count;
};

SEC("tracepoint/syscalls/sys_enter_write")
int room_in_halves(struct write_args* ctx) {
  __u64 count = ctx->count;
  if (count < 2 || count > MOST) return 0;
  __u64 first = count >> 1;
  __u64 second = count - first;
  left.bytes[first - 1] = 1;
  right.bytes[second - 1] = 1;
  return 0;
}

char _license[] SEC("license") = "GPL";
