// SPDX-License-Identifier: Apache-2.0
// Deletes stale flows with a callback over all entries, when a sweep is due.
// fault 1: return-range: the callback returns how many it has deleted
// fault 2: read-only-write: the callback writes the key of an entry
// fault 3: map-bounds: the callback reads behind the value
// fault 4: null-check: the clock of sweeps may be missing
// fault 5: type-confusion: the callback's state is the packet's length
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

struct flow {
  __u32 source;
  __u32 destination;
};

struct use {
  __u64 last;
  __u64 bytes;
};

struct sweep {
  __u64 now;
  __u32 deleted;
  __u32 kept;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct flow);
  __type(value, struct use);
} flows SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u64);
} clocks SEC(".maps");

static long visit(void* map, struct flow* flow, struct use* use, struct sweep* sweep) {
#if FAULT == 2
  flow->source = 0;
#endif
#if FAULT == 3
  __u64 last = *(volatile __u64*)(use + 1);
#else
  __u64 last = use->last;
#endif
  if (sweep->now - last > 30000000000ull) {
    bpf_map_delete_elem(&flows, flow);
    sweep->deleted += 1;
  } else {
    sweep->kept += 1;
  }
#if FAULT == 1
  return sweep->deleted;
#else
  return 0;
#endif
}

SEC("tc")
int flow_sweeper(struct __sk_buff* skb) {
  __u32 row = skb->ifindex & 3;
  __u64* clock = bpf_map_lookup_elem(&clocks, &row);
#if FAULT != 4
  if (!clock) return TC_ACT_OK;
#endif
  struct flow key = {skb->mark, skb->hash};
  struct use* use = bpf_map_lookup_elem(&flows, &key);
  __u64 now = bpf_ktime_get_ns();
  if (use) {
    use->last = now;
    use->bytes += skb->len;
  }
  if (now - *clock < 1000000000ull) return TC_ACT_OK;
  *clock = now;
  struct sweep sweep = {.now = now};
#if FAULT == 5
  bpf_for_each_map_elem(&flows, visit, (void*)(long)skb->len, 0);
#else
  bpf_for_each_map_elem(&flows, visit, &sweep, 0);
#endif
  skb->mark = sweep.kept;
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
