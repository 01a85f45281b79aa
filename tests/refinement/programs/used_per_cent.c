// SPDX-License-Identifier: Apache-2.0
// Counts how full a quota is, in percent.
// safe: used <= quota, so used * 100 / quota is at most 100
// fault 1: map-bounds: what is to be used is added behind the check
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[101];
} percent SEC(".bss.percent");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u32[2]);
} quotas SEC(".maps");

SEC("cgroup_skb/egress")
int used_per_cent(struct __sk_buff* skb) {
  __u32 mark = skb->mark;
  __u32* entry = bpf_map_lookup_elem(&quotas, &mark);
  if (!entry) return 1;
  __u64 used = entry[0];
  __u64 quota = entry[1];
  if (quota == 0 || used > quota) return 0;
#if FAULT == 1
  used += skb->len;
#endif
  percent.counts[used * 100 / quota]++;
  return 1;
}

char _license[] SEC("license") = "GPL";
