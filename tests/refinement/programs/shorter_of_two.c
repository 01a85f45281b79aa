// SPDX-License-Identifier: Apache-2.0
// Looks at the last byte of a snapshot: the lesser of two lengths, without a branch.
// safe: y ^ ((x ^ y) & -(x < y)) is the lesser one, so 1 to 96
// fault 1: map-bounds: takes the greater one, which may be 255
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SNAPSHOT 96

struct {
  __u8 bytes[SNAPSHOT];
} snapshot SEC(".bss.snapshot");

struct {
  __u64 counts[256];
} lasts SEC(".bss.lasts");

__u8 wanted;

SEC("tc")
int shorter_of_two(struct __sk_buff* skb) {
  __u64 x = *(volatile __u8*)&wanted;
  __u64 y = skb->len & 255;
  if (x == 0 || x > SNAPSHOT || y == 0) return 0;
  __u64 less = (x - y) >> 63;
#if FAULT == 1
  less ^= 1;
#endif
  asm volatile("" : "+r"(less));
  __u64 n = y ^ ((x ^ y) & -less);
  lasts.counts[snapshot.bytes[n - 1]]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
