// SPDX-License-Identifier: Apache-2.0
// Visits eight queues in an order that random swaps make.
// safe: swaps only move the numbers 0 to 7
// fault 1: map-bounds: the numbers are 1 to 8
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define QUEUES 8

struct {
  __u64 visits[QUEUES];
} queues SEC(".bss.queues");

SEC("raw_tracepoint/sched_switch")
int shuffled_order(void* ctx) {
  __u8 order[QUEUES];
#pragma unroll
  for (int i = 0; i < QUEUES; i++) *(volatile __u8*)&order[i] = i + (FAULT == 1);
  for (int i = 0; i < 4; i++) {
    __u64 random = bpf_get_prandom_u32();
    __u64 a = random & (QUEUES - 1);
    __u64 b = random >> 8 & (QUEUES - 1);
    __u8 moved = order[a];
    order[a] = order[b];
    order[b] = moved;
  }
  __u64 first = order[bpf_get_prandom_u32() & (QUEUES - 1)];
  queues.visits[first]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
