// SPDX-License-Identifier: Apache-2.0
// Counts the ports below 768, whose two bytes are checked one by one and read as one number.
// safe: the upper byte is at most 2
// fault 1: map-bounds: the lower byte is checked
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[768];
} ports SEC(".bss.ports");

SEC("socket")
int port_from_bytes(struct __sk_buff* skb) {
  __u8 wire[2];
  if (bpf_skb_load_bytes(skb, 36, wire, sizeof(wire)) < 0) return 0;
  volatile union {
    __u8 bytes[2];
    __u16 number;
  } port;
#if FAULT == 1
  if (wire[1] > 2) return 0;
#else
  if (wire[0] > 2) return 0;
#endif
  port.bytes[0] = wire[1];
  port.bytes[1] = wire[0];
  ports.counts[port.number]++;
  return skb->len;
}

char _license[] SEC("license") = "GPL";
