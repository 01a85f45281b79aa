// SPDX-License-Identifier: Apache-2.0
// Reverses a key of four bytes in place and counts its first byte, which was the checked last one.
// safe: the last byte is below 40, and becomes the first one
// fault 1: map-bounds: the second byte from the end is checked
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[40];
} kinds SEC(".bss.kinds");

SEC("cgroup_skb/egress")
int bytes_swapped_in_place(struct __sk_buff* skb) {
  __u8 key[4];
  if (bpf_skb_load_bytes(skb, 20, key, sizeof(key)) < 0) return 1;
  if (key[FAULT == 1 ? 2 : 3] >= 40) return 1;
  for (__u64 i = 0, j = 3; i < j; i++, j--) {
    __u8 moved = *(volatile __u8*)&key[i];
    *(volatile __u8*)&key[i] = key[j];
    *(volatile __u8*)&key[j] = moved;
  }
  __u64 kind = *(volatile __u32*)key & 0xff;
  kinds.counts[kind]++;
  return 1;
}

char _license[] SEC("license") = "GPL";
