// SPDX-License-Identifier: Apache-2.0
// Follows the labels of a DNS name, hashes them and spreads queries over resolvers' queues.
// fault 1: packet-bounds: the label's length byte is read without a check
// fault 2: packet-bounds: a label's bytes are checked against its start only
// fault 3: termination: the empty label does not end the walk and is not passed
// fault 4: map-bounds: the queue is the hash modulo one too many
// fault 5: null-check: the queues of the interface may be missing
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define QUEUES 16

struct queues {
  __u64 queries[QUEUES];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct queues);
} interfaces SEC(".maps");

SEC("xdp")
int dns_name_hash(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct udphdr* udp = (void*)(ip + 1);
  __u8* cursor = (void*)(udp + 1) + 12;
  if ((void*)cursor > end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_UDP || udp->dest != bpf_htons(53)) return XDP_PASS;

  __u32 hash = 2166136261;
#if FAULT == 3
  while (1) {
#else
  for (int label = 0; label < 3; ++label) {
#endif
#if FAULT != 1
    if ((void*)(cursor + 1) > end) return XDP_DROP;
#endif
    __u8 length = *cursor;
#if FAULT == 3
    if (length == 0) continue;
#else
    if (length == 0) break;
#endif
    if (length > 10) return XDP_DROP;
    cursor++;
    for (__u32 i = 0; i < 10; ++i) {
      if (i >= length) break;
#if FAULT == 2
      if ((void*)(cursor + i) > end) return XDP_DROP;
#else
      if ((void*)(cursor + i + 1) > end) return XDP_DROP;
#endif
      hash = (hash ^ cursor[i]) * 16777619;
    }
    cursor += length;
  }
  __u32 interface = ctx->ingress_ifindex;
  struct queues* queues = bpf_map_lookup_elem(&interfaces, &interface);
#if FAULT != 5
  if (!queues) return XDP_PASS;
#endif
#if FAULT == 4
  __u32 queue = hash & QUEUES;
  asm volatile("" : "+r"(queue));
#else
  __u32 queue = hash & (QUEUES - 1);
#endif
  queues->queries[queue] += 1;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
