// SPDX-License-Identifier: Apache-2.0
// Searches a payload for four bytes that the user sets, by a table of where to go on.
// safe: the table's entry for n bytes is less than n, so what is matched stays below 4
// fault 1: map-bounds: the pattern is compared with itself at the same place
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define LENGTH 4
#define SCANNED 12

struct {
  __u8 text[LENGTH];
} pattern SEC(".bss.pattern");

__u64 matches;

SEC("xdp")
int matched_prefix(struct xdp_md* ctx) {
  __u8* payload = (__u8*)(long)ctx->data + 42;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (payload + SCANNED > end) return XDP_PASS;
  __u8 next[LENGTH + 1] = {};
  __u64 known = FAULT == 1 ? 1 : 0;
  for (__u64 i = 1; i < LENGTH; i++) {
    if (*(volatile __u8*)&pattern.text[i] == *(volatile __u8*)&pattern.text[known]) known++;
    *(volatile __u8*)&next[i + 1] = known;
  }
  __u64 matched = 0;
  for (int i = 0; i < SCANNED; i++) {
    if (*(volatile __u8*)&pattern.text[matched] == payload[i]) {
      matched++;
    } else {
      matched = next[matched];
    }
    if (matched == LENGTH) {
      matches++;
      matched = next[LENGTH];
    }
  }
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
