// SPDX-License-Identifier: Apache-2.0
// A device cgroup program: rules are searched in order in one map value, the first match decides.
// fault 1: return-range: the matching rule's permission bits are returned
// fault 2: map-bounds: the number of rules in the value is believed
// fault 3: context-access: the minor number is read with eight bytes
// fault 4: helper-argument: the time stands in the flags' place, and the flags in the value's
// fault 5: termination: the search does not step over a disabled rule
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define RULES 32
#define ANY 0xffffffff

struct rule {
  __u32 type;
  __u32 major;
  __u32 minor;
  __u32 allow;
};

struct rules {
  __u64 count;
  struct rule rules[RULES];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct rules);
} policy SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 512);
  __type(key, __u64);
  __type(value, __u64);
} refused SEC(".maps");

SEC("cgroup/dev")
int device_rules(struct bpf_cgroup_dev_ctx* ctx) {
  __u32 zero = 0;
  struct rules* p = bpf_map_lookup_elem(&policy, &zero);
  if (!p) return 1;
  __u32 type = ctx->access_type & 0xffff;
  __u32 access = ctx->access_type >> 16;
  __u64 count = p->count;
#if FAULT == 2
  for (__u64 i = 0; i < 2 * RULES; i++) {
#elif FAULT == 5
  for (volatile __u64 n = 0; n < RULES;) {
    __u64 i = n & (RULES - 1);
    if (p->rules[i].type == 0) continue;
    n++;
#else
  for (__u64 i = 0; i < RULES; i++) {
#endif
    if (i >= count) break;
    struct rule* r = &p->rules[i];
    if (r->type != type) continue;
    if (r->major != ANY && r->major != ctx->major) continue;
    if (r->minor != ANY && r->minor != ctx->minor) continue;
#if FAULT == 1
    return r->allow & access;
#else
    return (r->allow & access) == access;
#endif
  }
#if FAULT == 3
  __u64 device = *(volatile __u64*)&ctx->minor;
#else
  __u64 device = (__u64)ctx->major << 32 | ctx->minor;
#endif
  __u64 now = bpf_ktime_get_ns();
#if FAULT == 4
  bpf_map_update_elem(&refused, &device, (void*)BPF_ANY, now);
#else
  bpf_map_update_elem(&refused, &device, &now, BPF_ANY);
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
