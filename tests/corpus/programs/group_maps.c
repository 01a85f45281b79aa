// SPDX-License-Identifier: Apache-2.0
// A hash of maps: sets of allowed devices by group, the group found by the process' user.
// fault 1: null-check: a user without a set is judged by one
// fault 2: return-range: the number of the rule is returned as the verdict
// fault 3: null-check: the rule found in the set is not checked
// fault 4: context-access: a byte behind the context's fields is read
// fault 5: uninitialised: only half of the device's key is filled in
// linux: 6.3 and later accept fault 5 of a privileged program
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct device {
  __u32 major;
  __u32 minor;
};

struct rule {
  __u32 number;
  __u32 access;
  __u64 hits;
};

struct device_set {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 128);
  __uint(key_size, sizeof(struct device));
  __uint(value_size, sizeof(struct rule));
} everyone SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
  __uint(max_entries, 32);
  __type(key, __u32);
  __array(values, struct device_set);
} groups SEC(".maps");

SEC("cgroup/dev")
int group_maps(struct bpf_cgroup_dev_ctx* ctx) {
  __u32 user = bpf_get_current_uid_gid();
  void* set = bpf_map_lookup_elem(&groups, &user);
#if FAULT != 1
  if (!set) set = &everyone;
#endif
#if FAULT == 5
  struct device d;
  d.major = ctx->major;
#else
  struct device d = {.major = ctx->major, .minor = ctx->minor};
#endif
  struct rule* r = bpf_map_lookup_elem(set, &d);
#if FAULT != 3
  if (!r) return 0;
#endif
  __sync_fetch_and_add(&r->hits, 1);
  __u32 asked = ctx->access_type >> 16;
#if FAULT == 4
  asked |= *((volatile __u8*)ctx + sizeof(*ctx));
#endif
#if FAULT == 2
  return asked ? r->number : 0;
#else
  return (asked & ~r->access) == 0;
#endif
}

char _license[] SEC("license") = "GPL";
