// SPDX-License-Identifier: Apache-2.0
// Parses with global functions, which are verified by their signatures alone.
// linux: rejects for v1 and v2: a bound on a 32-bit value is lost between copies
// fault 1: null-check: a global function's pointer to memory may be null
// fault 2: packet-bounds: the function trusts the offset its caller checked
// fault 3: context-access: the function reads the context where no field is
// fault 4: stack-depth: two functions' buffers together exceed the stack
// fault 5: stack-bounds: the caller hands a summary that is too short
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct summary {
  __u32 source;
  __u32 destination;
  __u32 ports;
  __u32 protocol;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, struct summary);
  __type(value, __u64);
} flows SEC(".maps");

__noinline int read_ports(struct xdp_md* ctx, __u32 offset, struct summary* summary) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
#if FAULT == 3
  if (*(volatile __u32*)(ctx + 1)) return -1;
#endif
#if FAULT != 1
  if (!summary) return -1;
#endif
  if (offset > 128) return -1;
  __u32* ports = data + offset;
#if FAULT == 2
  if ((void*)ports > end) return -1;
#else
  if ((void*)(ports + 1) > end) return -1;
#endif
  summary->ports = *ports;
  return 0;
}

__noinline int count(struct summary* summary) {
#if FAULT == 4
  char scratch[480];
  scratch[0] = 1;
  asm volatile("" : : "r"(scratch) : "memory");
#endif
  if (!summary) return 0;
  struct summary key = *summary;
  __u64* packets = bpf_map_lookup_elem(&flows, &key);
  if (packets) return __sync_fetch_and_add(packets, 1) > 1000;
  __u64 first = 1;
  bpf_map_update_elem(&flows, &key, &first, BPF_ANY);
  return 0;
}

SEC("xdp")
int global_parser(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
#if FAULT == 4
  char room[64];
  room[0] = ip->tos;
  asm volatile("" : : "r"(room) : "memory");
#endif
  struct summary summary = {ip->saddr, ip->daddr, 0, ip->protocol};
  __u32 offset = sizeof(*eth) + ip->ihl * 4;
#if FAULT == 5
  if (read_ports(ctx, offset, (void*)&summary.ports)) return XDP_PASS;
#else
  if (read_ports(ctx, offset, &summary)) return XDP_PASS;
#endif
  return count(&summary) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
