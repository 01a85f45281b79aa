// SPDX-License-Identifier: Apache-2.0
// Counts the overlap of two windows in 64 slots; none where its length is not positive.
// safe: the overlap's start is before its end, and that is at most 64
// fault 1: map-bounds: a length of 0 is not taken for empty
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 hits[64];
} slots SEC(".bss.slots");

__u8 starts[2];
__u8 lengths[2];

SEC("kprobe/tcp_sendmsg")
int two_windows(void* ctx) {
  __s64 a = *(volatile __u8*)&starts[0];
  __s64 b = *(volatile __u8*)&starts[1];
  __s64 a_end = a + *(volatile __u8*)&lengths[0];
  __s64 b_end = b + *(volatile __u8*)&lengths[1];
  if (a_end > 64 || b_end > 64) return 0;
  __s64 start = a - ((a - b) & (a - b) >> 63);
  __s64 end = b_end + ((a_end - b_end) & (a_end - b_end) >> 63);
  asm volatile("" : "+r"(start), "+r"(end));
#if FAULT == 1
  if (end - start < 0) return 0;
#else
  if (end - start <= 0) return 0;
#endif
  slots.hits[start] += end - start;
  return 0;
}

char _license[] SEC("license") = "GPL";
