// SPDX-License-Identifier: Apache-2.0
// Limits the bytes that a control group sends; packets over the quota are dropped.
// fault 1: return-range: returns the verdict of the classifier, which is out of range
// fault 2: null-check: the group's quota may be missing
// fault 3: read-only-write: marks the packet's header directly
// fault 4: context-access: reads the classid, which this hook does not have
// fault 5: lock-balance: the lock is kept when the quota is used up
#include <linux/bpf.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct quota {
  struct bpf_spin_lock lock;
  __u32 dropped;
  __u64 left;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u64);
  __type(value, struct quota);
} quotas SEC(".maps");

__u64 to_loopback;

SEC("cgroup_skb/egress")
int cgroup_egress_quota(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct iphdr* ip = data;
  if (skb->protocol != bpf_htons(0x0800)) return 1;
  if ((void*)(ip + 1) > end) return 1;
  if ((bpf_ntohl(ip->daddr) >> 24) == 127) {
    __sync_fetch_and_add(&to_loopback, 1);
    return 1;
  }
#if FAULT == 3
  ip->tos |= 1;
#endif
#if FAULT == 4
  if (skb->tc_classid) return 1;
#endif

  __u64 group = bpf_skb_cgroup_id(skb);
  struct quota* quota = bpf_map_lookup_elem(&quotas, &group);
#if FAULT != 2
  if (!quota) return 1;
#endif
  __u64 size = skb->len;
  int allowed = 1;
  bpf_spin_lock(&quota->lock);
  if (quota->left < size) {
    quota->dropped += 1;
    allowed = 0;
#if FAULT == 5
    return allowed;
#endif
  } else {
    quota->left -= size;
  }
  bpf_spin_unlock(&quota->lock);
#if FAULT == 1
  return allowed ? 1 : -1;
#else
  return allowed;
#endif
}

char _license[] SEC("license") = "GPL";
