// SPDX-License-Identifier: Apache-2.0
// Counts at what distance two nodes of a tree of 63, numbered from the root, have their ancestor.
// safe: numbers of six bits: halving the greater one, 10 rounds make both 1 at the latest
// fault 1: map-bounds: numbers of seven bits
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[11];
} distances SEC(".bss.distances");

#if FAULT == 1
#define NODES 127
#else
#define NODES 63
#endif

SEC("perf_event")
int common_ancestor(void* ctx) {
  __u64 a = bpf_get_smp_processor_id();
  __u64 b = bpf_get_prandom_u32();
  if (a < 1 || a > NODES || b < 1 || b > NODES) return 0;
  __u64 distance = 0;
  while (a != b) {
    if (a > b) {
      a >>= 1;
    } else {
      b >>= 1;
    }
    distance++;
    asm volatile("" : "+r"(a), "+r"(b), "+r"(distance));
  }
  distances.counts[distance]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
