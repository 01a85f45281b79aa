// SPDX-License-Identifier: Apache-2.0
// Counts the greatest common divisor of two periods of 1 to 60, by Euclid's algorithm.
// safe: remainders descend, and the last one that is not 0 is 1 to 60
// fault 1: map-bounds: periods of 0 are let in
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define MOST 60

struct {
  __u64 counts[MOST];
} divisors SEC(".bss.divisors");

__u8 period;

SEC("kprobe/hrtimer_interrupt")
int greatest_divisor(void* ctx) {
  __u64 a = *(volatile __u8*)&period;
  __u64 b = bpf_ktime_get_ns() & 63;
  if (a > MOST || b > MOST) return 0;
#if FAULT != 1
  if (a == 0 || b == 0) return 0;
#endif
  for (int i = 0; i < 10; i++) {
    if (b == 0) break;
    __u64 rest = a % b;
    a = b;
    b = rest;
  }
  divisors.counts[a - 1]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
