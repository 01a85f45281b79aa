// SPDX-License-Identifier: Apache-2.0
// Counts frames by their innermost protocol; whether there is a tag is asked twice.
// safe: nothing writes the frame between the two tests, so the tag's four bytes were checked
// fault 1: packet-bounds: the second test is of the first byte of the tag's type only
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TAGGED bpf_htons(0x8100)

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} frames SEC(".maps");

__u64 protocols[64];

static __always_inline int is_tagged(const __u8* data) { return *(__u16*)(data + 12) == TAGGED; }

SEC("xdp")
int vlan_tested_twice(struct xdp_md* ctx) {
  __u8* data = (__u8*)(long)ctx->data;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (data + 14 > end) return XDP_PASS;
  __u64 size = is_tagged(data) ? 18 : 14;
  if (data + size > end) return XDP_DROP;
  __u32 zero = 0;
  __u64* count = bpf_map_lookup_elem(&frames, &zero);
  if (count) __sync_fetch_and_add(count, size);
#if FAULT == 1
  __u8 protocol = data[12] == 0x81 ? data[17] : data[13];
#else
  __u8 protocol = is_tagged(data) ? data[17] : data[13];
#endif
  protocols[protocol & 63]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
