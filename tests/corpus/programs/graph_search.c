// SPDX-License-Identifier: Apache-2.0
// Breadth-first search in a graph of sixteen nodes, whose edges are bitmaps in a map value.
// fault 1: map-bounds: the node from the queue is not masked
// fault 2: stack-bounds: a distance is written at the queue's tail, not at its node
// fault 3: termination: a visited node is queued again
// fault 4: null-check: the graph of the caller's number is not checked
// fault 5: context-access: the distances go behind the end of what a context may hold
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define NODES 16

struct graph {
  __u16 edges[NODES];
};

struct request {
  __u32 graph;
  __u32 from;
  __u8 distances[NODES];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 32);
  __type(key, __u32);
  __type(value, struct graph);
} graphs SEC(".maps");

struct {
  __u8 node[NODES];
  volatile __u64 head, tail;
} queue SEC(".bss.queue");

static __noinline __u32 neighbours(struct graph* g, __u64 node) {
#if FAULT == 1
  return ((volatile __u16*)g->edges)[node];
#else
  return ((volatile __u16*)g->edges)[node % NODES];
#endif
}

SEC("syscall")
int graph_search(struct request* ctx) {
  __u32 key = ctx->graph;
  struct graph* g = bpf_map_lookup_elem(&graphs, &key);
#if FAULT != 4
  if (!g) return -1;
#endif
  __u8 distances[NODES] = {};
  __u64 from = ctx->from % NODES;
  __u32 visited = 1u << from;
  queue.node[0] = from;
  queue.head = 0;
  queue.tail = 1;
#if FAULT == 3
  for (volatile int round = 0; queue.head != queue.tail; round++) {
#else
  for (int round = 0; round < NODES; round++) {
#endif
    if (queue.head >= queue.tail) break;
    __u64 node = queue.node[queue.head++ % NODES];
    __u32 next = neighbours(g, node) & ~visited;
#if FAULT != 3
    visited |= next;
#endif
    __u8 distance = ((volatile __u8*)distances)[node % NODES] + 1;
    for (__u64 n = 0; n < NODES; n++) {
      if (!(next >> n & 1)) continue;
#if FAULT == 2
      ((volatile __u8*)distances)[queue.tail & 1023] = distance;
#else
      ((volatile __u8*)distances)[n] = distance;
#endif
      queue.node[queue.tail++ % NODES] = n;
    }
  }
#pragma clang loop unroll(full)
  for (int n = 0; n < NODES; n++) ctx->distances[n] = ((volatile __u8*)distances)[n];
#if FAULT == 5
  *((volatile __u8*)ctx + 70000) = visited;
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
