// SPDX-License-Identifier: Apache-2.0
// Asks a bloom filter before the large table of allowed flows.
// fault 1: helper-argument: looks a bloom filter up as a table
// fault 2: null-check: the flow may be missing in spite of the filter
// fault 3: stack-bounds: asks with the place behind the value
// fault 4: packet-bounds: the ports are not checked
// fault 5: uninitialised: the value asked for is not written
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct flow {
  __u32 addresses[2];
  __u16 ports[2];
  __u32 protocol;
};

struct {
  __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
  __uint(max_entries, 65536);
  __uint(map_extra, 3);
  __uint(value_size, sizeof(struct flow));
} filter SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __type(key, struct flow);
  __type(value, __u64);
} flows SEC(".maps");

SEC("xdp")
int bloom_prefilter(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  __u16* ports = (void*)(ip + 1);
#if FAULT == 4
  if ((void*)(ip + 1) > end) return XDP_PASS;
#else
  if ((void*)(ports + 2) > end) return XDP_PASS;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_UDP) return XDP_PASS;

  struct flow flow;
#if FAULT != 5
  flow.addresses[0] = ip->saddr;
  flow.addresses[1] = ip->daddr;
#endif
  flow.ports[0] = ports[0];
  flow.ports[1] = ports[1];
  flow.protocol = ip->protocol;
  asm volatile("" : : "r"(&flow) : "memory");
#if FAULT == 3
  if (bpf_map_peek_elem(&filter, &flow + 1)) return XDP_DROP;
#else
  if (bpf_map_peek_elem(&filter, &flow)) return XDP_DROP;
#endif
#if FAULT == 1
  __u64* packets = bpf_map_lookup_elem(&filter, &flow);
#else
  __u64* packets = bpf_map_lookup_elem(&flows, &flow);
#endif
#if FAULT != 2
  if (!packets) return XDP_DROP;
#endif
  __sync_fetch_and_add(packets, 1);
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
