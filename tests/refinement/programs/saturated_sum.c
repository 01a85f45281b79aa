// SPDX-License-Identifier: Apache-2.0
// Adds two scores up to a limit of 100, without a branch, and counts the sum.
// safe: with a sum above 100 the mask is all ones, and the sum becomes 100
// fault 1: map-bounds: the sign bit is shifted out of 8 bits only
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define LIMIT 100

struct {
  __u64 counts[LIMIT + 1];
} scores SEC(".bss.scores");

SEC("cgroup_skb/ingress")
int saturated_sum(struct __sk_buff* skb) {
  __u8 parts[2];
  if (bpf_skb_load_bytes(skb, 20, parts, sizeof(parts)) < 0) return 1;
  __u64 sum = (__u64)parts[0] + parts[1];
#if FAULT == 1
  __u64 above = (LIMIT - sum) >> 7 & 1;
#else
  __u64 above = (LIMIT - sum) >> 63;
#endif
  asm volatile("" : "+r"(above));
  __u64 mask = -above;
  __u64 score = (sum & ~mask) | (LIMIT & mask);
  scores.counts[score]++;
  return 1;
}

char _license[] SEC("license") = "GPL";
