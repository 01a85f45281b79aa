// SPDX-License-Identifier: Apache-2.0
// Marks a freed block's buddy, at an order of up to 2, among 24 blocks.
// safe: 24 is a multiple of 8, so changing one of the lower 3 bits does not leave the blocks
// fault 1: map-bounds: orders of up to 3
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define BLOCKS 24

#if FAULT == 1
#define ORDERS 4
#else
#define ORDERS 3
#endif

struct {
  __u8 marks[BLOCKS];
} blocks SEC(".bss.blocks");

SEC("kprobe/__free_pages")
int buddy_block(void* ctx) {
  __u64 random = bpf_get_prandom_u32();
  __u64 block = (random & 0xff) % BLOCKS;
  __u64 order = (random >> 8 & 0xff) % ORDERS;
  __u64 buddy = block ^ 1ull << order;
  blocks.marks[buddy]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
