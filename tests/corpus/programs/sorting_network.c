// SPDX-License-Identifier: Apache-2.0
// Sorts eight latencies in a map value with a fixed network and reports the median of each CPU.
// fault 1: map-bounds: a comparator's second wire may be a ninth one
// fault 2: null-check: the window of a numbered device is not checked
// fault 3: map-bounds: the next sample's position is never reduced
// fault 4: read-only-write: the network's own table is sorted
// fault 5: type-confusion: the median is taken for an address
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define WIRES 8
#define COMPARATORS 19

struct window {
  __u64 next;
  __u64 median;
  __u64 samples[WIRES];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct window);
} windows SEC(".maps");

struct {
  __u8 wire[COMPARATORS][2];
} network SEC(".rodata.network") = {{{0, 1},
                                     {2, 3},
                                     {4, 5},
                                     {6, 7},
                                     {0, 2},
                                     {1, 3},
                                     {4, 6},
                                     {5, 7},
                                     {1, 2},
                                     {5, 6},
                                     {0, 4},
                                     {3, 7},
                                     {1, 5},
                                     {2, 6},
                                     {1, 4},
                                     {3, 6},
                                     {2, 4},
                                     {3, 5},
                                     {3, 4}}};

SEC("raw_tp/block_rq_complete")
int sorting_network(struct bpf_raw_tracepoint_args* ctx) {
  __u32 device = ctx->args[1] & 31;
  struct window* w = bpf_map_lookup_elem(&windows, &device);
#if FAULT != 2
  if (!w) return 0;
#endif
#if FAULT == 3
  __u64 next = w->next++;
  asm volatile("" : "+r"(next));
  w->samples[next] = ctx->args[2];
#else
  w->samples[w->next++ & (WIRES - 1)] = ctx->args[2];
#endif
  __u64 sorted[WIRES];
  for (int i = 0; i < WIRES; i++) sorted[i] = w->samples[i];
  for (int i = 0; i < COMPARATORS; i++) {
#if FAULT == 1
    __u64 low = network.wire[i][0] & 15, high = (w->next + 1) & 15;
    if (w->samples[low] < w->samples[high]) continue;
#endif
    __u64 a = network.wire[i][0] & (WIRES - 1), b = network.wire[i][1] & (WIRES - 1);
#if FAULT == 4
    network.wire[i][0] = b;
#endif
    __u64 x = sorted[a], y = sorted[b];
    sorted[a] = x < y ? x : y;
    sorted[b] = x < y ? y : x;
  }
  w->median = (sorted[3] + sorted[4]) / 2;
#if FAULT == 5
  w->median = *(volatile __u64*)w->median;
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
