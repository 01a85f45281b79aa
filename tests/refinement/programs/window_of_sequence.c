// SPDX-License-Identifier: Apache-2.0
// Marks a sequence number that is inside of the receive window, whose numbers wrap around 32 bits.
// safe: as far from the last number as 0 to size - 1, so as far from the first one, and size <= 48
// fault 1: map-bounds: the last number is taken to be first + size
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MOST 48

struct {
  __u8 seen[MOST];
} window SEC(".bss.window");

__u32 next_sequence;
__u8 window_size;

SEC("tc")
int window_of_sequence(struct __sk_buff* skb) {
  __u32 wire = 0;
  if (bpf_skb_load_bytes(skb, 38, &wire, sizeof(wire)) < 0) return 0;
  __u32 sequence = bpf_ntohl(wire);
  __u32 first = *(volatile __u32*)&next_sequence;
  __u32 size = *(volatile __u8*)&window_size;
  if (size > MOST) return 0;
#if FAULT == 1
  __u32 to_last = first + size - sequence;
#else
  __u32 to_last = first + size - 1 - sequence;
#endif
  asm volatile("" : "+r"(to_last));
  if (to_last >= size) return 0;
  __u32 ahead = sequence - first;
  window.seen[ahead] = 1;
  return 0;
}

char _license[] SEC("license") = "GPL";
