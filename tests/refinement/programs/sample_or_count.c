// SPDX-License-Identifier: Apache-2.0
// A mode word says whether packets are sampled or counted: its complement's bits are tested later.
// safe: the sample's header was checked for mode bit 4 set, which is what ~mode & 4 == 0 says
// fault 1: packet-bounds: the complement is of the wrong bit
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#define SAMPLE 4
#define STRICT 8

__u32 mode_word;
__u64 samples[256];
__u64 counted;

SEC("tc")
int sample_or_count(struct __sk_buff* skb) {
  __u8* data = (__u8*)(long)skb->data;
  __u8* end = (__u8*)(long)skb->data_end;
  __u64 mode = *(volatile __u32*)&mode_word;
  __u64 room = end - data;
  __u64 needed = (mode & SAMPLE) * 10;
  if (room < needed) return TC_ACT_OK;
  __u64 off = ~mode;
  asm volatile("" : "+r"(off));
  if (off & STRICT) counted += room;
#if FAULT == 1
  if (off & STRICT) return TC_ACT_OK;
#else
  if (off & SAMPLE) return TC_ACT_OK;
#endif
  samples[data[39]]++;
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
