// SPDX-License-Identifier: Apache-2.0
// Reads the key of a GRE header, whose optional words are there or not by the bits of its flags.
// safe: with the key's bit set, the size counts the key's four bytes behind the checksum's
// fault 1: packet-bounds: the size does not count the checksum's four bytes
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define CHECKSUM 0x8000
#define KEY 0x2000
#define SEQUENCE 0x1000

__u64 tenants[16];

SEC("xdp")
int gre_optional_fields(struct xdp_md* ctx) {
  __u8* gre = (__u8*)(long)ctx->data + 34;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (gre + 4 > end) return XDP_PASS;
  __u64 flags = bpf_ntohs(*(__u16*)gre);
  __u64 checksum = (flags & CHECKSUM) >> 13;
  __u64 key = (flags & KEY) >> 11;
  __u64 sequence = (flags & SEQUENCE) >> 10;
#if FAULT == 1
  __u64 size = 4 + key + sequence;
#else
  __u64 size = 4 + checksum + key + sequence;
#endif
  if (gre + size > end) return XDP_DROP;
  if (!(flags & KEY)) return XDP_PASS;
  __u32 tenant = *(__u32*)(gre + 4 + checksum);
  tenants[tenant & 15] += size;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
