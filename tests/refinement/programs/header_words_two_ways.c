// SPDX-License-Identifier: Apache-2.0
// Reads the last byte of a TCP header: its size is checked as words, and used as a nibble in place.
// safe: (byte & 0xf0) >> 2 is (byte >> 4) * 4
// fault 1: packet-bounds: the nibble is shifted by one bit too few
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[256];
} lasts SEC(".bss.lasts");

SEC("tc")
int header_words_two_ways(struct __sk_buff* skb) {
  __u8* tcp = (__u8*)(long)skb->data + 34;
  __u8* end = (__u8*)(long)skb->data_end;
  if (tcp + 20 > end) return TC_ACT_OK;
  __u64 byte = tcp[12];
  __u64 words = byte >> 4;
  asm volatile("" : "+r"(byte), "+r"(words));
  if (words < 5 || tcp + 4 * words > end) return TC_ACT_SHOT;
#if FAULT == 1
  __u64 size = (byte & 0xf0) >> 1;
#else
  __u64 size = (byte & 0xf0) >> 2;
#endif
  if (size == 0) return TC_ACT_OK;
  lasts.counts[tcp[size - 1]]++;
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
