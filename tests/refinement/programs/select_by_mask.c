// SPDX-License-Identifier: Apache-2.0
// Chooses between two slots of 48 without a branch, by which one has been used less.
// safe: the mask is all zeros or all ones, so what it selects is one of two numbers below 48
// fault 1: map-bounds: the mask is the difference, not its sign: two numbers mix
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SLOTS 48

struct {
  __u64 uses[SLOTS];
} slots SEC(".bss.slots");

SEC("kprobe/tcp_v4_connect")
int select_by_mask(void* ctx) {
  __u64 random = bpf_get_prandom_u32();
  __u64 a = (random & 0xffff) % SLOTS;
  __u64 b = (random >> 16) % SLOTS;
  __s64 less = (__s64)(*(volatile __u64*)&slots.uses[a] - *(volatile __u64*)&slots.uses[b]);
#if FAULT == 1
  __u64 mask = less;
#else
  __u64 mask = less >> 63;
#endif
  asm volatile("" : "+r"(mask));
  __u64 slot = (a & mask) | (b & ~mask);
  slots.uses[slot]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
