// SPDX-License-Identifier: Apache-2.0
// Counts latencies below 100 ms by the millisecond, by a product in place of the division.
// safe: the product of less than 100000 with 2^32 / 1000, rounded up, is below 100 * 2^32
// fault 1: map-bounds: only the lower half of the latency is compared
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[100];
} latencies SEC(".bss.latencies");

__u64 started;

SEC("kprobe/vfs_fsync")
int micros_to_bucket(void* ctx) {
  __u64 micros = (bpf_ktime_get_ns() - *(volatile __u64*)&started) >> 10;
#if FAULT == 1
  if ((__u32)micros >= 100000) return 0;
#else
  if (micros >= 100000) return 0;
#endif
  __u64 millis = micros * 4294968 >> 32;
  latencies.counts[millis]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
