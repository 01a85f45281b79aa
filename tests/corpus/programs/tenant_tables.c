// SPDX-License-Identifier: Apache-2.0
// A table of policies for each VLAN: a map of maps.
// fault 1: null-check: the VLAN may have no table
// fault 2: null-check: the table may lack the source
// fault 3: type-confusion: reads the inner map as if it were a value
// fault 4: packet-bounds: the IPv4 header behind the tag is not checked
// fault 5: map-bounds: the policy's class is not limited
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define CLASSES 4

struct policy {
  __u32 action;
  __u32 class;
  __u64 packets[CLASSES];
};

struct table {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct policy);
} default_table SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __array(values, struct table);
} tenants SEC(".maps") = {.values = {[1] = &default_table}};

struct vlan {
  __be16 control;
  __be16 protocol;
};

SEC("xdp")
int tenant_tables(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct vlan* vlan = (void*)(eth + 1);
  struct iphdr* ip = (void*)(vlan + 1);
#if FAULT == 4
  if ((void*)(vlan + 1) > end) return XDP_PASS;
#else
  if ((void*)(ip + 1) > end) return XDP_PASS;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_8021Q)) return XDP_PASS;
  if (vlan->protocol != bpf_htons(ETH_P_IP)) return XDP_PASS;

  __u32 id = bpf_ntohs(vlan->control) & 0xfff;
  void* table = bpf_map_lookup_elem(&tenants, &id);
#if FAULT != 1
  if (!table) return XDP_PASS;
#endif
  __u32 source = ip->saddr;
#if FAULT == 3
  struct policy* policy = table;
  policy->action += source;
#else
  struct policy* policy = bpf_map_lookup_elem(table, &source);
#endif
#if FAULT != 2
  if (!policy) return XDP_DROP;
#endif
  __u32 class = policy->class;
#if FAULT != 5
  if (class >= CLASSES) return XDP_ABORTED;
#endif
  policy->packets[class] += 1;
  return policy->action ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
