// SPDX-License-Identifier: Apache-2.0
// Counts how late a packet is, of at most 31 units; early ones count as 0, without a branch.
// safe: x & ~(x >> 63) is x, or 0 where x is negative
// fault 1: map-bounds: the shift is not one of signed numbers
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define UNITS 32

struct {
  __u64 counts[UNITS];
} lateness SEC(".bss.lateness");

SEC("tc")
int clamped_below(struct __sk_buff* skb) {
  __s64 late = skb->priority & (UNITS - 1);
  late -= skb->mark & 0xff;
#if FAULT == 1
  __s64 negative = (__u64)late >> 63;
#else
  __s64 negative = late >> 63;
#endif
  asm volatile("" : "+r"(negative));
  __u64 units = late & ~negative;
  lateness.counts[units]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
