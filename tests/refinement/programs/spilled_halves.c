// SPDX-License-Identifier: Apache-2.0
// Counts uses of a handle's slot: its lower half, with a generation in the upper one.
// safe: the lower half is below 24, and the generation does not reach into it
// fault 1: map-bounds: the generation is added at bit 4
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SLOTS 24

#if FAULT == 1
#define GENERATION 4
#else
#define GENERATION 32
#endif

struct {
  __u64 uses[SLOTS];
} slots SEC(".bss.slots");

SEC("kprobe/do_unlinkat")
int spilled_halves(void* ctx) {
  __u64 slot = bpf_get_prandom_u32();
  if (slot >= SLOTS) return 0;
  volatile __u64 handle = slot + ((bpf_ktime_get_ns() & 0xff) << GENERATION);
  __u32 lower = *(volatile __u32*)&handle;
  slots.uses[lower]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
