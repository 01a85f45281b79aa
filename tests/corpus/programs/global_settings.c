// SPDX-License-Identifier: Apache-2.0
// Settings in .rodata, counters in .bss and weights in .data choose which calls are sampled.
// fault 1: read-only-write: the sampling period is stretched when too much comes in
// fault 2: map-bounds: the weight's index is masked with the table's length
// fault 3: map-bounds: the counter's index comes from the settings' array unchecked
// fault 4: pointer-arithmetic: the address of the weights is multiplied
// fault 5: termination: the search for a weight that fits has no end
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define WEIGHTS 16

const volatile __u32 period = 64;
const volatile __u8 class_of[256] = {[0 ... 31] = 1, [32 ... 63] = 2, [64 ... 254] = 3, [255] = 7};

struct {
  __u32 weights[WEIGHTS];
} weighing SEC(".data.weighing") = {{1, 2, 3, 5, 8, 13, 21, 34}};

struct {
  __u64 seen[4];
} counts SEC(".bss.counts");

__u32 skipped;

SEC("raw_tp/sys_enter")
int global_settings(struct bpf_raw_tracepoint_args* ctx) {
  __u64 number = ctx->args[1];
  if (number > 255) return 0;
#if FAULT == 3
  __u64 class = class_of[number];
#else
  __u64 class = class_of[number] & 3;
#endif
  counts.seen[class]++;
  __u32* weights = weighing.weights;
#if FAULT == 4
  __u64 raw = (__u64)weights;
  asm volatile("%0 *= 3" : "+r"(raw));
  weights = (__u32*)raw;
#endif
#if FAULT == 2
  __u64 at = counts.seen[class] & WEIGHTS;
  asm volatile("" : "+r"(at));
  __u32 weight = weights[at];
#else
  __u32 weight = weights[number & (WEIGHTS - 1)];
#endif
#if FAULT == 5
  while (*(volatile __u32*)&weighing.weights[0] < period) skipped++;
#endif
  skipped += weight;
  if (skipped < period) return 0;
#if FAULT == 1
  __u32* longer = (__u32*)&period;
  asm volatile("" : "+r"(longer));
  *longer = 128;
#endif
  skipped = 0;
  return 0;
}

char _license[] SEC("license") = "GPL";
