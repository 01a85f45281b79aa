// SPDX-License-Identifier: Apache-2.0
// Counts square tiles by their side; only their area is limited.
// safe: side * side <= 1000 means that the side is at most 31
// fault 1: map-bounds: the area is computed in 8 bits
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[32];
} sides SEC(".bss.sides");

SEC("socket")
int area_of_tiles(struct __sk_buff* skb) {
  __u64 side = skb->len & 0xff;
  asm volatile("" : "+r"(side));
#if FAULT == 1
  __u64 area = (__u8)(side * side);
#else
  __u64 area = side * side;
#endif
  asm volatile("" : "+r"(area));
  if (area > 1000) return 0;
  sides.counts[side]++;
  return skb->len;
}

char _license[] SEC("license") = "GPL";
