// SPDX-License-Identifier: Apache-2.0
// Smooths a level of 0 to 99 by a sixteenth's weights and counts it.
// safe: (w * a + (16 - w) * b) / 16 is between a and b, so at most 99
// fault 1: map-bounds: the weights' sum is 17
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[100];
} levels SEC(".bss.levels");

__u8 previous, weight;

SEC("cgroup_skb/ingress")
int weighted_level(struct __sk_buff* skb) {
  __u64 a = skb->len % 100;
  __u64 b = *(volatile __u8*)&previous;
  __u64 w = *(volatile __u8*)&weight;
  if (b > 99 || w > 16) return 1;
#if FAULT == 1
  __u64 level = (w * a + (17 - w) * b) >> 4;
#else
  __u64 level = (w * a + (16 - w) * b) >> 4;
#endif
  levels.counts[level]++;
  previous = level;
  return 1;
}

char _license[] SEC("license") = "GPL";
