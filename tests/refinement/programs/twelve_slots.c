// SPDX-License-Identifier: Apache-2.0
// Spreads flows over 12 counters by four bits of a hash: what is 8 or more is moved down by 4.
// safe: 0..7 stays below 8, and 8..15 becomes 4..11
// fault 1: map-bounds: what is 12 or more is moved, by 2
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[12];
} slots SEC(".bss.slots");

SEC("tc")
int twelve_slots(struct __sk_buff* skb) {
  __u64 slot = bpf_get_hash_recalc(skb) & 15;
#if FAULT == 1
  slot -= (slot >> 2 & slot >> 3) * 2;
#else
  slot -= (slot >> 3) * 4;
#endif
  slots.counts[slot] += skb->len;
  return 0;
}

char _license[] SEC("license") = "GPL";
