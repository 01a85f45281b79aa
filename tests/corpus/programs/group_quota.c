// SPDX-License-Identifier: Apache-2.0
// Bytes that leave a cgroup, charged to a quota with a borrowed reserve, under a spin lock.
// fault 1: lock-balance: the reserve is entered with the quota's lock still held
// fault 2: return-range: the bytes that are left are returned
// fault 3: packet-bounds: the first byte is read without a look at the end
// fault 4: context-access: the frame's length is written
// fault 5: lock-balance: the lock is given back where it was not taken
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct quota {
  struct bpf_spin_lock lock;
  __u32 dropped;
  __u64 left;
  __u64 period;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 128);
  __type(key, __u64);
  __type(value, struct quota);
} quotas SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct quota);
} reserve SEC(".maps");

static __always_inline int draw(struct quota* q, __u64 bytes, __u64 period) {
  int enough = 0;
  bpf_spin_lock(&q->lock);
  if (q->period != period) {
    q->period = period;
    q->left = 1000000;
  }
  if (q->left >= bytes) {
    q->left -= bytes;
    enough = 1;
  }
#if FAULT == 1
  if (!enough) return 0;
#endif
  bpf_spin_unlock(&q->lock);
  return enough;
}

SEC("cgroup_skb/egress")
int group_quota(struct __sk_buff* skb) {
  __u64 group = bpf_skb_cgroup_id(skb);
  __u64 period = bpf_ktime_get_ns() >> 30;
  __u64 bytes = skb->len;
  __u8* first = (__u8*)(long)skb->data;
#if FAULT != 3
  if (first + 1 > (__u8*)(long)skb->data_end) return 1;
#endif
  if (*(volatile __u8*)first >> 4 != 4) return 1;
#if FAULT == 4
  skb->len = 0;
#endif
  struct quota* q = bpf_map_lookup_elem(&quotas, &group);
  if (!q) return 1;
  if (draw(q, bytes, period)) return 1;
  __u32 zero = 0;
  struct quota* r = bpf_map_lookup_elem(&reserve, &zero);
  if (!r) return 0;
  if (draw(r, bytes, period)) return 1;
#if FAULT == 5
  bpf_spin_unlock(&q->lock);
#endif
  q->dropped++;
#if FAULT == 2
  return q->left;
#else
  return 0;
#endif
}

char _license[] SEC("license") = "GPL";
