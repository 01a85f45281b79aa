// SPDX-License-Identifier: Apache-2.0
// Counts the greatest common divisor of two odd numbers of 4 bits by shifts and differences.
// safe: each round takes a bit at least, and the lesser number stays odd, so 1 to 15
// fault 1: termination: the second number may be 0, and is shifted until it is odd
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[16];
} divisors SEC(".bss.divisors");

SEC("raw_tracepoint/sched_wakeup")
int binary_divisor(void* ctx) {
  __u64 random = bpf_get_prandom_u32();
  __u64 a = (random & 15) | 1;
  __u64 b = random >> 4 & 15;
#if FAULT != 1
  if (b == 0) return 0;
#endif
  do {
    while (!(b & 1)) {
      b >>= 1;
      asm volatile("" : "+r"(b));
    }
    __u64 less = a < b ? a : b;
    b = a < b ? b - a : a - b;
    a = less;
    asm volatile("" : "+r"(a), "+r"(b));
  } while (b != 0);
  divisors.counts[a]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
