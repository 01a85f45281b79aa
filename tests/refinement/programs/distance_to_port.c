// SPDX-License-Identifier: Apache-2.0
// Counts packets to a service's ports by their distance from its first port, which the user sets.
// safe: the difference of two 16-bit numbers, taken modulo 2^16, is what was compared with 30
// fault 1: map-bounds: compares the absolute distance
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define PORTS 30

struct {
  __u64 counts[PORTS];
} ports SEC(".bss.ports");

__u16 first_port;

SEC("socket")
int distance_to_port(struct __sk_buff* skb) {
  __u16 wire;
  if (bpf_skb_load_bytes(skb, 2, &wire, sizeof(wire)) < 0) return 0;
  __u64 port = bpf_ntohs(wire);
  __u64 first = *(volatile __u16*)&first_port;
  __u64 distance = port - first;
  asm volatile("" : "+r"(distance));
#if FAULT == 1
  __u64 compared = port < first ? first - port : port - first;
  if (compared >= PORTS) return 0;
#else
  if ((distance & 0xffff) >= PORTS || port < first) return 0;
#endif
  ports.counts[distance]++;
  return skb->len;
}

char _license[] SEC("license") = "GPL";
