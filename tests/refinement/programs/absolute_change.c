// SPDX-License-Identifier: Apache-2.0
// Counts by how much a level of 0 to 20 has changed: the absolute value without a branch.
// safe: (x ^ s) - s with s the sign of x is |x|, and x is -20 to 20
// fault 1: map-bounds: the sign is added
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define LEVELS 21

struct {
  __u64 counts[LEVELS];
} changes SEC(".bss.changes");

__u64 level;

SEC("tracepoint/sched/sched_wakeup")
int absolute_change(void* ctx) {
  __u64 now = bpf_get_prandom_u32() % LEVELS;
  __u64 before = *(volatile __u64*)&level;
  if (before >= LEVELS) before = 0;
  __s64 change = now - before;
  __s64 sign = change >> 63;
  asm volatile("" : "+r"(sign));
#if FAULT == 1
  __u64 size = (change ^ sign) + sign;
#else
  __u64 size = (change ^ sign) - sign;
#endif
  changes.counts[size]++;
  level = now;
  return 0;
}

char _license[] SEC("license") = "GPL";
