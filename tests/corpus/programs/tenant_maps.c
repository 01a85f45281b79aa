// SPDX-License-Identifier: Apache-2.0
// An array of maps: each tenant has a map of its own, chosen by cgroup, with counters.
// fault 1: null-check: the inner map is looked up in without a check
// fault 2: null-check: the counter in the inner map is not checked
// fault 3: type-confusion: the inner map is taken for the counter
// fault 4: map-bounds: the counter's limits are read two words too far
// fault 5: helper-argument: the outer map is given the inner key's address as the map
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct counter {
  __u64 events;
  __u64 dropped;
  __u64 limits[2];
};

struct tenant {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct counter);
} default_tenant SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 16);
  __type(key, __u32);
  __array(values, struct tenant);
} tenants SEC(".maps") = {.values = {&default_tenant}};

SEC("raw_tp/sys_exit")
int tenant_maps(struct bpf_raw_tracepoint_args* ctx) {
  __u64 group = bpf_get_current_cgroup_id();
  __u32 index = group & 15;
  __u32 slot = (group >> 4) & 63;
  void* tenant = bpf_map_lookup_elem(&tenants, &index);
#if FAULT != 1
  if (!tenant) return 0;
#endif
#if FAULT == 3
  struct counter* c = tenant + slot % 4;
#elif FAULT == 5
  struct counter* c = bpf_map_lookup_elem(&slot, tenant);
#else
  struct counter* c = bpf_map_lookup_elem(tenant, &slot);
#endif
#if FAULT != 2
  if (!c) return 0;
#endif
  __u32 which = ctx->args[1] < 0 ? 1 : ctx->args[1] & 1;
#if FAULT == 4
  which += 2;
#endif
  if (c->events >= ((volatile __u64*)c->limits)[which]) {
    c->dropped++;
    return 0;
  }
  __sync_fetch_and_add(&c->events, 1);
  return 0;
}

char _license[] SEC("license") = "GPL";
