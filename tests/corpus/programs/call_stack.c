// SPDX-License-Identifier: Apache-2.0
// A stack map of nested regions: entry pushes, exit pops and adds the time to its region.
// fault 1: map-bounds: the region's number is checked against the wrong limit
// fault 2: helper-argument: the popped frame goes into a map of another kind
// fault 3: read-only-write: the popped frame goes into the read-only settings
// fault 4: return-range: the callback for the remaining frames returns two
// fault 5: uninitialised: the time is taken from a register that the helper's call left undefined
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define REGIONS 32

struct frame {
  __u64 region;
  __u64 began;
};

struct settings {
  struct frame first;
  __u64 drain;
};

struct {
  __uint(type, BPF_MAP_TYPE_STACK);
  __uint(max_entries, 256);
  __type(value, struct frame);
} frames SEC(".maps");

const volatile struct settings settings = {.drain = 16};
struct {
  __u64 spent[REGIONS];
} times SEC(".data.times");
__u64 overflows, drained;

static long drain_one(__u32 index, void* context) {
  struct frame f;
  if (bpf_map_pop_elem(&frames, &f)) return 1;
  drained++;
#if FAULT == 4
  return 2;
#else
  return 0;
#endif
}

SEC("raw_tp/sys_enter")
int region_begins(struct bpf_raw_tracepoint_args* ctx) {
  struct frame f = {.region = ctx->args[1], .began = bpf_ktime_get_ns()};
  if (bpf_map_push_elem(&frames, &f, BPF_EXIST)) overflows++;
  return 0;
}

SEC("raw_tp/sys_exit")
int region_ends(struct bpf_raw_tracepoint_args* ctx) {
  struct frame f = {};
#if FAULT == 2
  long missing = bpf_map_pop_elem(&times, &f);
#elif FAULT == 3
  struct frame* to = (struct frame*)&settings.first;
  asm volatile("" : "+r"(to));
  long missing = bpf_map_pop_elem(&frames, to);
#else
  long missing = bpf_map_pop_elem(&frames, &f);
#endif
#if FAULT == 5
  asm volatile("%0 = r3" : "=r"(f.began));
#endif
  if (missing) return 0;
  __u64 region = f.region;
  asm volatile("" : "+r"(region));
#if FAULT == 1
  if (region > REGIONS) return 0;
#else
  if (region >= REGIONS) return 0;
#endif
  times.spent[region] += bpf_ktime_get_ns() - f.began;
  if (ctx->args[1] == (__u64)-1) bpf_loop(settings.drain, drain_one, 0, 0);
  return 0;
}

char _license[] SEC("license") = "GPL";
