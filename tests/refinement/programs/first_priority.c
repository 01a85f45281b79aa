// SPDX-License-Identifier: Apache-2.0
// Weighs a socket's packets by the lowest bit that is set in its mark: 1, 2, 4 or 8.
// safe: x & -x of 1..15 is a power of two, so 8 at most, and the table has 9 entries
// fault 1: map-bounds: clears the lowest bit where it should keep it
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u32 of[9];
} weights SEC(".rodata.weights") = {{0, 40, 20, 0, 10, 0, 0, 0, 5}};

__u64 work;

SEC("socket")
int first_priority(struct __sk_buff* skb) {
  __u64 wanted = skb->mark & 15;
#if FAULT == 1
  __u64 first = wanted & (wanted - 1);
#else
  __u64 first = wanted & -wanted;
#endif
  asm volatile("" : "+r"(first));
  work += *(volatile __u32*)&weights.of[first];
  return skb->len;
}

char _license[] SEC("license") = "GPL";
