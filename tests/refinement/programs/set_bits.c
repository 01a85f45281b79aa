// SPDX-License-Identifier: Apache-2.0
// Lists the CPUs of a mask of 16 in a local array: one bit a round, until none is left.
// safe: x & (x - 1) clears a bit: after 16 rounds none is left, so at most 16 are listed
// fault 1: stack-bounds: a mask of 24 bits for 16 places
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define CPUS 16

__u32 allowed;
__u64 lists[CPUS];

SEC("tracepoint/sched/sched_migrate_task")
int set_bits(void* ctx) {
  __u32 list[CPUS];
  __u64 count = 0;
#if FAULT == 1
  __u64 mask = *(volatile __u32*)&allowed & 0xffffff;
#else
  __u64 mask = *(volatile __u32*)&allowed & 0xffff;
#endif
  while (mask != 0) {
    list[count] = mask & -mask;
    asm volatile("" : "+r"(count) : : "memory");
    count++;
    mask &= mask - 1;
    asm volatile("" : "+r"(mask));
  }
  if (count == 0) return 0;
  lists[count & 15] += *(volatile __u32*)&list[count - 1];
  return 0;
}

char _license[] SEC("license") = "GPL";
