// SPDX-License-Identifier: Apache-2.0
// Moves credit from a flow's bucket to its class's, each under its own lock, one after another.
// fault 1: lock-balance: locks the class while the flow is locked
// fault 2: lock-balance: unlocks the class in place of the flow
// fault 3: lock-balance: looks the class up while the flow is locked
// fault 4: lock-balance: the subprogram returns with the class locked
// fault 5: read-only-write: writes the lock's word as a number
// fault 6: null-check: the class may be missing
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

struct bucket {
  struct bpf_spin_lock lock;
  __u32 credit;
  __u64 moved;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct bucket);
} flows SEC(".maps"), classes SEC(".maps");

static __always_inline __u32 take(struct bucket* bucket, __u32 wanted) {
  __u32 credit = bucket->credit;
  __u32 taken = credit < wanted ? credit : wanted;
  bucket->credit = credit - taken;
  bucket->moved += taken;
  return taken;
}

static __noinline int give(__u32 key, __u32 amount) {
  struct bucket* class = bpf_map_lookup_elem(&classes, &key);
#if FAULT != 6
  if (!class) return -1;
#endif
  bpf_spin_lock(&class->lock);
  class->credit += amount;
#if FAULT == 4
  if (amount == 0) return 0;
#endif
  bpf_spin_unlock(&class->lock);
  return 0;
}

SEC("tc")
int credit_transfer(struct __sk_buff* skb) {
  __u32 hash = skb->hash;
  __u32 mark = skb->mark;
  struct bucket* flow = bpf_map_lookup_elem(&flows, &hash);
  if (!flow) return TC_ACT_OK;
#if FAULT == 1 || FAULT == 2
  struct bucket* class = bpf_map_lookup_elem(&classes, &mark);
  if (!class) return TC_ACT_OK;
#endif
#if FAULT == 5
  *(volatile __u32*)&flow->lock = 0;
#endif
  bpf_spin_lock(&flow->lock);
  __u32 taken = take(flow, skb->len);
#if FAULT == 1
  bpf_spin_lock(&class->lock);
  class->credit += taken;
  bpf_spin_unlock(&class->lock);
#endif
#if FAULT == 3
  struct bucket* class = bpf_map_lookup_elem(&classes, &mark);
  if (class) taken += 1;
#endif
#if FAULT == 2
  bpf_spin_unlock(&class->lock);
#else
  bpf_spin_unlock(&flow->lock);
#endif
  return give(mark, taken) ? TC_ACT_OK : TC_ACT_PIPE;
}

char _license[] SEC("license") = "GPL";
