// SPDX-License-Identifier: Apache-2.0
// Takes tokens from a bucket of 63 and counts how many remain, by the sign of a 16-bit difference.
// safe: the cost is below 2^15: a difference with bit 15 clear is not negative, so at most 63
// fault 1: map-bounds: the difference is truncated to 8 bits before the test
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define BURST 63

struct {
  __u64 counts[BURST + 1];
} remaining SEC(".bss.remaining");

__u32 tokens;

SEC("tc")
int remaining_credit(struct __sk_buff* skb) {
  __u32 available = *(volatile __u32*)&tokens;
  if (available > BURST) available = BURST;
  __u32 cost = skb->len & 0x7fff;
  __u32 rest = available - cost;
  asm volatile("" : "+r"(rest));
#if FAULT == 1
  if ((__s8)rest < 0) return 2;
  rest &= 0xff;
#else
  if (rest & 0x8000) return 2;
#endif
  tokens = rest;
  remaining.counts[rest]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
