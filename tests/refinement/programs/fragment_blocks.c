// SPDX-License-Identifier: Apache-2.0
// Counts the 64-byte block that an IPv4 fragment begins in, of datagrams of up to 2048 bytes.
// safe: 8 * offset + length <= 2048 with a length of at least 1: offset / 8 is at most 31
// fault 1: map-bounds: empty fragments are let in
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[32];
} blocks SEC(".bss.blocks");

SEC("socket")
int fragment_blocks(struct __sk_buff* skb) {
  __u16 fields[2];
  if (bpf_skb_load_bytes(skb, 4, fields, sizeof(fields)) < 0) return 0;
  __u64 offset = bpf_ntohs(fields[0]) & 0x1fff;
  __u64 length = bpf_ntohs(fields[1]) & 0xff;
  __u64 block = offset >> 3;
  __u64 end = 8 * offset + length;
  asm volatile("" : "+r"(block), "+r"(end));
#if FAULT != 1
  if (length == 0) return 0;
#endif
  if (end > 2048) return 0;
  blocks.counts[block]++;
  return skb->len;
}

char _license[] SEC("license") = "GPL";
