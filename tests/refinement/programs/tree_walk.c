// SPDX-License-Identifier: Apache-2.0
// Walks a decision tree of 11 nodes depth first, with the nodes to visit on a stack of its own.
// safe: the table's children are 0 to 10, and at most four nodes wait at a time
// fault 1: map-bounds: one child has the number 11
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define NODES 11
#define DEPTH 4

struct {
  __u8 left[NODES];
  __u8 right[NODES];
} tree SEC(".rodata.tree") = {{1, 3, 5, 0, 7, 0, 9, 0, 0, 0, 0},
                              {2, 4, 6, 0, 8, 0, FAULT == 1 ? 11 : 10, 0, 0, 0, 0}};

struct {
  __u64 counts[NODES];
} visits SEC(".bss.visits");

SEC("tracepoint/syscalls/sys_enter_getpid")
int tree_walk(void* ctx) {
  __u8 waiting[DEPTH] = {};
  __u64 depth = 1;
  __u64 random = bpf_get_prandom_u32();
  for (int i = 0; i < NODES && depth > 0 && depth <= DEPTH; i++) {
    __u64 node = waiting[--depth];
    visits.counts[node]++;
    __u8 left = *(volatile __u8*)&tree.left[node];
    __u8 right = *(volatile __u8*)&tree.right[node];
    if (left != 0 && (random >> i & 1) && depth < DEPTH) waiting[depth++] = left;
    if (right != 0 && depth < DEPTH) waiting[depth++] = right;
  }
  return 0;
}

char _license[] SEC("license") = "GPL";
