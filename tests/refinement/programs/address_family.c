// SPDX-License-Identifier: Apache-2.0
// Counts a cgroup's traffic by the last byte of the sender's address, IPv4 or IPv6.
// safe: the version's nibble is 4 or 6: bit 1 says which one, and the size was 20 or 40 by it
// fault 1: packet-bounds: the size is by bit 2, which both versions have
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[256];
} hosts SEC(".bss.hosts");

SEC("cgroup_skb/ingress")
int address_family(struct __sk_buff* skb) {
  __u8* ip = (__u8*)(long)skb->data;
  __u8* end = (__u8*)(long)skb->data_end;
  if (ip + 1 > end) return 1;
  __u64 version = *(volatile __u8*)ip >> 4;
  if ((version & 13) != 4) return 1;
#if FAULT == 1
  __u64 size = 24 - (version & 4);
#else
  __u64 size = 20 + (version & 2) * 10;
#endif
  if (ip + size > end) return 1;
  __u64 is_six = (version >> 1) & 1;
  asm volatile("" : "+r"(is_six));
  __u8 host = is_six ? ip[23] : ip[15];
  hosts.counts[host] += skb->len;
  return 1;
}

char _license[] SEC("license") = "GPL";
