// SPDX-License-Identifier: Apache-2.0
// Counts the median of five samples of 0 to 49, sorted by insertion in a local array.
// safe: the sorted array has the same numbers, each below 50
// fault 1: map-bounds: the samples are of 0 to 50
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SAMPLES 5
#define LEVELS 50

struct {
  __u64 counts[LEVELS];
} medians SEC(".bss.medians");

SEC("kprobe/vfs_write")
int sorted_samples(void* ctx) {
  __u64 samples[SAMPLES];
  for (__u64 i = 0; i < SAMPLES; i++) {
    __u64 sample = bpf_get_prandom_u32() % (LEVELS + (FAULT == 1));
    __u64 at = i;
    while (at > 0 && at < SAMPLES && samples[at - 1] > sample) {
      samples[at] = samples[at - 1];
      at--;
    }
    samples[at] = sample;
  }
  medians.counts[samples[SAMPLES / 2]]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
