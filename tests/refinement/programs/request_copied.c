// SPDX-License-Identifier: Apache-2.0
// Serves a request from its copy: slot and length are checked as one word, and used as two halves.
// safe: the word is below 10 << 16, so its upper half, the slot, is below 10
// fault 1: map-bounds: the word may have a slot of 10 too
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct request {
  __u16 length;
  __u16 slot;
};

#define SLOTS 10

#if FAULT == 1
#define TOO_MUCH ((SLOTS + 1) << 16)
#else
#define TOO_MUCH (SLOTS << 16)
#endif

struct {
  __u64 bytes[SLOTS];
} slots SEC(".bss.slots");

SEC("tc")
int request_copied(struct __sk_buff* skb) {
  volatile struct request request;
  __u32 word = 0;
  if (bpf_skb_load_bytes(skb, 42, &word, sizeof(word)) < 0) return 0;
  if (word >= TOO_MUCH) return 0;
  *(volatile __u32*)&request = word;
  __u64 slot = request.slot;
  slots.bytes[slot] += request.length;
  return 0;
}

char _license[] SEC("license") = "GPL";
