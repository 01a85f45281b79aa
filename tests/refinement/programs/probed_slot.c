// SPDX-License-Identifier: Apache-2.0
// Finds an owner's slot among 13, a prime, with a second hash as the step of the probing.
// safe: slot and step are below 13: their sum is below 26, and 13 less where it is 13 or more
// fault 1: map-bounds: the step is masked, not scaled: 1 to 16
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SLOTS 13

struct {
  __u32 owners[SLOTS];
} slots SEC(".bss.slots");

SEC("cgroup/connect4")
int probed_slot(struct bpf_sock_addr* ctx) {
  __u32 owner = ctx->user_ip4;
  __u64 hash = owner * 0x9e3779b97f4a7c15ull;
  __u64 slot = (hash >> 32 & 0xff) * SLOTS >> 8;
#if FAULT == 1
  __u64 step = 1 + (hash >> 40 & 15);
#else
  __u64 step = 1 + ((hash >> 40 & 0xff) * (SLOTS - 1) >> 8);
#endif
  for (int i = 0; i < 4; i++) {
    __u32 found = *(volatile __u32*)&slots.owners[slot];
    if (found == owner) return 1;
    if (found == 0) {
      slots.owners[slot] = owner;
      return 1;
    }
    slot += step;
    __s64 above = slot - SLOTS;
    asm volatile("" : "+r"(above));
    slot = above + (SLOTS & above >> 63);
  }
  return 0;
}

char _license[] SEC("license") = "GPL";
