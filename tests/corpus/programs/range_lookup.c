// SPDX-License-Identifier: Apache-2.0
// Finds the range that an address belongs to by binary search in a map value of sorted starts.
// fault 1: map-bounds: the search's upper end is the count in the map
// fault 2: termination: the lower end may stay where it is
// fault 3: map-bounds: the index behind the found range is used
// fault 4: null-check: the ranges of a process are not checked
// fault 5: type-confusion: the instruction pointer is read through
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define RANGES 128

struct ranges {
  __u32 count;
  __u32 misses;
  __u64 starts[RANGES];
  __u64 hits[RANGES];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct ranges);
} processes SEC(".maps");

SEC("perf_event")
int range_lookup(struct bpf_perf_event_data* ctx) {
  __u32 process = bpf_get_current_pid_tgid() >> 32;
  struct ranges* r = bpf_map_lookup_elem(&processes, &process);
#if FAULT != 4
  if (!r) return 0;
#endif
  __u64 address = PT_REGS_IP(&ctx->regs);
#if FAULT == 5
  address ^= *(volatile __u8*)address;
#endif
  __u64 low = 0, high = r->count;
#if FAULT != 1
  if (high > RANGES) high = RANGES;
#endif
#if FAULT == 2
  while (low < *(volatile __u32*)&r->count) {
    __u64 middle = (low + high) / 2;
    if (middle >= RANGES) break;
    if (r->starts[middle] <= address)
      low = middle;
    else
      high = middle;
  }
#else
  for (int i = 0; i < 8 && low < high; i++) {
    __u64 middle = (low + high) / 2;
#if FAULT != 1
    if (middle >= RANGES) break;
#endif
    if (r->starts[middle] <= address)
      low = middle + 1;
    else
      high = middle;
  }
#endif
#if FAULT == 3
  asm volatile("" : "+r"(low));
  if (low <= RANGES) r->hits[low]++;
#else
  if (low == 0) {
    r->misses++;
    return 0;
  }
  low--;
  asm volatile("" : "+r"(low));
  if (low < RANGES) r->hits[low]++;
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
