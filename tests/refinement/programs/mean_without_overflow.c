// SPDX-License-Identifier: Apache-2.0
// Counts the mean of two ages of 0 to 59 by the identity a + b = 2 (a & b) + (a ^ b).
// safe: the mean of two numbers is at most the greater one
// fault 1: map-bounds: or instead of xor
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define AGES 60

struct {
  __u64 counts[AGES];
} means SEC(".bss.means");

SEC("kprobe/vfs_open")
int mean_without_overflow(void* ctx) {
  __u64 random = bpf_get_prandom_u32();
  __u64 a = (random & 0xff) % AGES;
  __u64 b = (random >> 8 & 0xff) % AGES;
  __u64 common = a & b;
  asm volatile("" : "+r"(common));
#if FAULT == 1
  __u64 mean = common + ((a | b) >> 1);
#else
  __u64 mean = common + ((a ^ b) >> 1);
#endif
  means.counts[mean]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
