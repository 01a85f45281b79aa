// SPDX-License-Identifier: Apache-2.0
// Counts ports below 1024: the check is made in the wire's order, the table has the host's.
// safe: the lower byte on the wire is the upper one here: below 4, the port is below 1024
// fault 1: map-bounds: the check is of 3 bits too few
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[1024];
} ports SEC(".bss.ports");

#if FAULT == 1
#define MOST_BITS bpf_htons(0xe000)
#else
#define MOST_BITS bpf_htons(0xfc00)
#endif

SEC("socket")
int wire_order_range(struct __sk_buff* skb) {
  __u16 wire;
  if (bpf_skb_load_bytes(skb, 22, &wire, sizeof(wire)) < 0) return 0;
  __u64 port = bpf_ntohs(wire);
  asm volatile("" : "+r"(port));
  if (wire & MOST_BITS) return 0;
  ports.counts[port]++;
  return skb->len;
}

char _license[] SEC("license") = "GPL";
