// SPDX-License-Identifier: Apache-2.0
// Counts replies by their slot, of words with a direction bit; requests have none.
// safe: the direction bit is 1, so the slot's number plus one is 1 to 20
// fault 1: map-bounds: the slot's number has no one added
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SLOTS 20

struct {
  __u64 counts[SLOTS];
} slots SEC(".bss.slots");

__u64 requests;

SEC("socket")
int reply_or_request(struct __sk_buff* skb) {
  __u8 head[2];
  if (bpf_skb_load_bytes(skb, 8, head, sizeof(head)) < 0) return 0;
  __u64 reply = head[0] & 1;
#if FAULT == 1
  __u64 slot = head[1] % SLOTS * reply;
#else
  __u64 slot = (head[1] % SLOTS + 1) * reply;
#endif
  requests += slot;
  if (!reply) return 0;
  slots.counts[slot - 1] += skb->len;
  return skb->len;
}

char _license[] SEC("license") = "GPL";
