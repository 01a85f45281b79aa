// SPDX-License-Identifier: Apache-2.0
// Counts the hosts of a /27 prefix, of which the first 20 addresses are handed out.
// safe: the prefix has zeros in its last 5 bits, so address ^ prefix < 20 is address - prefix < 20
// fault 1: map-bounds: the prefix may have any bits
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define HOSTS 20

struct {
  __u64 bytes[HOSTS];
} hosts SEC(".bss.hosts");

__u32 prefix;

SEC("tc")
int host_of_prefix(struct __sk_buff* skb) {
  __u32 wire = 0;
  if (bpf_skb_load_bytes(skb, 26, &wire, sizeof(wire)) < 0) return 0;
  __u64 address = bpf_ntohl(wire);
  __u64 base = *(volatile __u32*)&prefix;
#if FAULT != 1
  base &= ~31ull;
#endif
  if ((address ^ base) >= HOSTS) return 0;
  __u64 host = address - base;
  hosts.bytes[host] += skb->len;
  return 0;
}

char _license[] SEC("license") = "GPL";
