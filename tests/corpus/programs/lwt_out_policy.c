// SPDX-License-Identifier: Apache-2.0
// Judges packets on a route with a lightweight tunnel: source address, size and rate.
// fault 1: packet-bounds: the header is read without a check
// fault 2: read-only-write: lowers the time to live directly, which this hook may not
// fault 3: null-check: the destination's budget may be missing
// fault 4: context-access: writes the priority's neighbour, the interface of arrival
// fault 5: helper-argument: calls a helper of transmission, which this hook lacks
#include <linux/bpf.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct budget {
  __u64 refilled;
  __u64 bytes;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct budget);
} budgets SEC(".maps");

const volatile __u64 bytes_per_second = 1000000;

SEC("lwt_out")
int lwt_out_policy(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct iphdr* ip = data;
#if FAULT == 1
  if (data >= end) return BPF_DROP;
#else
  if ((void*)(ip + 1) > end) return BPF_DROP;
#endif
  if (ip->version != 4 || ip->ttl <= 1) return BPF_DROP;
#if FAULT == 2
  ip->ttl -= 1;
#endif
  __u32 destination = ip->daddr;
  struct budget* budget = bpf_map_lookup_elem(&budgets, &destination);
#if FAULT != 3
  if (!budget) {
    struct budget fresh = {.refilled = bpf_ktime_get_ns(), .bytes = bytes_per_second};
    bpf_map_update_elem(&budgets, &destination, &fresh, BPF_ANY);
    return BPF_OK;
  }
#endif
  __u64 now = bpf_ktime_get_ns();
  if (now - budget->refilled > 1000000000ull) {
    budget->refilled = now;
    budget->bytes = bytes_per_second;
  }
  __u64 size = skb->len;
  if (budget->bytes < size) return BPF_DROP;
  budget->bytes -= size;
#if FAULT == 5
  if (bpf_skb_change_head(skb, 14, 0)) return BPF_DROP;
#endif
  skb->mark = destination;
#if FAULT == 4
  skb->ingress_ifindex = 1;
#else
  skb->priority = size > 1000 ? 1 : 0;
#endif
  return BPF_OK;
}

char _license[] SEC("license") = "GPL";
