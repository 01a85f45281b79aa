// SPDX-License-Identifier: Apache-2.0
// Walks IPv4 options and drops packets with source routes or more than one timestamp.
// fault 1: packet-bounds: the option's kind is read without a check
// fault 2: packet-bounds: the option's length byte may lie behind the packet
// fault 3: termination: options of length zero are walked for ever
// fault 4: map-bounds: the counter's index is an unchecked option kind
// fault 5: null-check: the counters of the source may be missing
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define KINDS 32

struct counters {
  __u64 total;
  __u64 kind[KINDS];
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct counters);
} seen SEC(".maps");

SEC("xdp")
int ipv4_option_walk(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  __u32 source = ip->saddr;
  struct counters* counters = bpf_map_lookup_elem(&seen, &source);
#if FAULT != 5
  if (!counters) return XDP_PASS;
#endif
  counters->total += 1;

  __u32 size = ip->ihl * 4;
  if (size < sizeof(*ip)) return XDP_DROP;
  size -= sizeof(*ip);
  __u8* options = (void*)(ip + 1);
  __u32 offset = 0;
  __u32 timestamps = 0;
#if FAULT == 3
  for (;;) {
#else
  for (int i = 0; i < 12; ++i) {
#endif
    if (offset >= size || offset > 40) break;
    __u8* option = options + offset;
#if FAULT != 1
    if ((void*)(option + 1) > end) return XDP_DROP;
#endif
    __u8 kind = option[0];
    if (kind == 0) break;
    if (kind == 1) {
      offset += 1;
      continue;
    }
#if FAULT == 2
    if ((void*)(option + 1) > end) return XDP_DROP;
#else
    if ((void*)(option + 2) > end) return XDP_DROP;
#endif
    __u8 length = option[1];
#if FAULT != 3
    if (length < 2) return XDP_DROP;
#endif
    __u32 index = kind & (FAULT == 4 ? 0xff : KINDS - 1);
    counters->kind[index] += 1;
    if ((kind & 0x7f) == 3 || (kind & 0x7f) == 9) return XDP_DROP;
    if (kind == 68 && ++timestamps > 1) return XDP_DROP;
    offset += length;
  }
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
