// SPDX-License-Identifier: Apache-2.0
// Counts the positions of a ring of 10 by their Gray code: neighbours differ in one bit.
// safe: n ^ (n >> 1) of 0..9 is at most 13: 9 gives 13, and 8 gives 12
// fault 1: map-bounds: the ring has 11 positions: 10 gives 15
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[14];
} codes SEC(".bss.codes");

#if FAULT == 1
#define POSITIONS 11
#else
#define POSITIONS 10
#endif

SEC("tracepoint/sched/sched_switch")
int gray_position(void* ctx) {
  __u64 position = bpf_ktime_get_ns() / 1000 % POSITIONS;
  __u64 code = position ^ position >> 1;
  codes.counts[code]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
