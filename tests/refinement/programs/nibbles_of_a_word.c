// SPDX-License-Identifier: Apache-2.0
// Counts the eight small fields of a word, masked at once and read back as the bytes of a union.
// safe: each byte of word & 0x0f0f... is at most 15
// fault 1: map-bounds: one byte of the mask has 5 bits
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#if FAULT == 1
#define MASK 0x0f0f0f1f0f0f0f0full
#else
#define MASK 0x0f0f0f0f0f0f0f0full
#endif

union fields {
  __u64 word;
  __u8 bytes[8];
};

struct {
  __u64 counts[16];
} fields SEC(".bss.fields");

SEC("xdp")
int nibbles_of_a_word(struct xdp_md* ctx) {
  __u8* data = (__u8*)(long)ctx->data;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (data + 22 > end) return XDP_PASS;
  volatile union fields read;
  read.word = *(__u64*)(data + 14) & MASK;
#pragma unroll
  for (int i = 0; i < 8; i++) fields.counts[read.bytes[i]]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
