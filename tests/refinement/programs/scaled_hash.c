// SPDX-License-Identifier: Apache-2.0
// Picks one of the queues that the user has set up: a hash scaled to their number.
// safe: hash < 2^32, so hash * n >> 32 < n, and n places of the order were written
// fault 1: stack-bounds: the product is shifted by 31
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define MOST 24

struct {
  __u64 counts[MOST];
  __u8 number;
} queues SEC(".bss.queues");

#if FAULT == 1
#define SHIFT 31
#else
#define SHIFT 32
#endif

SEC("tc")
int scaled_hash(struct __sk_buff* skb) {
  __u64 n = *(volatile __u8*)&queues.number;
  if (n > MOST || n == 0) return 0;
  __u64 hash = bpf_get_hash_recalc(skb);
  __u64 order[MOST];
  for (__u64 i = 0; i < n; i++) order[i] = i;
  __u64 queue = hash * n >> SHIFT;
  queues.counts[order[queue]]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
