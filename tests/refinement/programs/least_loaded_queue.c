// SPDX-License-Identifier: Apache-2.0
// Sends a flow to the queue with most credit, if any has some; the marker says that none has.
// safe: a best credit above 0 was found together with its queue
// fault 1: map-bounds: queues without credit are taken for found
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define QUEUES 12
#define NONE 255

__u32 credits[QUEUES];
__u32 sent[QUEUES];

SEC("tc")
int least_loaded_queue(struct __sk_buff* skb) {
  __u32 best = 0;
  __u64 queue = NONE;
#pragma unroll
  for (int i = 0; i < QUEUES; i++) {
    __u32 credit = *(volatile __u32*)&credits[i];
    if (credit > best) {
      best = credit;
      queue = i;
    }
  }
#if FAULT == 1
  if (best > skb->priority) return 0;
#else
  if (best == 0) return 0;
#endif
  sent[queue] += skb->len;
  credits[queue] = best - 1;
  return 0;
}

char _license[] SEC("license") = "GPL";
