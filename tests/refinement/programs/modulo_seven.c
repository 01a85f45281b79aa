// SPDX-License-Identifier: Apache-2.0
// Picks one of 7 shards by a byte modulo 7, as the sum of its octal digits.
// safe: 8 = 1 modulo 7: the digits' sum is 17 at most, then 8, then 7, and 7 becomes 0
// fault 1: map-bounds: leaves 7 as it is
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[7];
} shards SEC(".bss.shards");

SEC("raw_tracepoint/sys_enter")
int modulo_seven(void* ctx) {
  __u64 task = bpf_get_current_pid_tgid() & 255;
  __u64 sum = (task & 7) + (task >> 3 & 7) + (task >> 6);
  sum = (sum & 7) + (sum >> 3);
  sum = (sum & 7) + (sum >> 3);
#if FAULT != 1
  sum &= ~-((sum + 1) >> 3);
#endif
  shards.counts[sum]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
