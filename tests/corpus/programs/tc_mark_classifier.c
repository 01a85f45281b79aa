// SPDX-License-Identifier: Apache-2.0
// Maps marks to priorities and queues, and keeps a note in the control block.
// fault 1: context-access: writes a sixth word of the control block
// fault 2: context-access: writes the protocol, which is read-only
// fault 3: null-check: the mark's class may be missing
// fault 4: map-bounds: the priority's counter is indexed before it is limited
// fault 5: context-access: indexes the control block with a variable
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define PRIORITIES 8

struct class {
  __u32 priority;
  __u16 queue;
  __u16 flags;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, __u32);
  __type(value, struct class);
} classes SEC(".maps");

__u64 bytes[PRIORITIES];

SEC("tc")
int tc_mark_classifier(struct __sk_buff* skb) {
  __u32 mark = skb->mark;
  if (mark == 0) mark = skb->ingress_ifindex | 0x10000;
  struct class* class = bpf_map_lookup_elem(&classes, &mark);
#if FAULT != 3
  if (!class) return TC_ACT_OK;
#endif
  __u32 priority = class->priority;
#if FAULT == 4
  bytes[priority] += skb->len;
  if (priority >= PRIORITIES) return TC_ACT_SHOT;
#else
  if (priority >= PRIORITIES) return TC_ACT_SHOT;
  bytes[priority] += skb->len;
#endif
  skb->priority = priority;
#if FAULT == 1
  *(volatile __u32*)(&skb->cb[4] + 1) = mark;
#elif FAULT == 5
  __u32 place = class->queue & 3;
  void* word = skb;
  asm volatile("%0 += %1; *(u32 *)(%0 + 48) = %2" : "+r"(word) : "r"((__u64)place * 4), "r"(mark));
#else
  skb->cb[4] = mark;
#endif
  skb->cb[0] = class->flags;
#if FAULT == 2
  skb->protocol = bpf_htons(0x0800);
#endif
  skb->queue_mapping = class->queue;
  return skb->vlan_present ? TC_ACT_PIPE : TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
