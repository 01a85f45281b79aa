// SPDX-License-Identifier: Apache-2.0
// Flow records whose packet and byte counts change together, under a spin lock.
// fault 1: lock-balance: the early return keeps the lock
// fault 2: lock-balance: takes the lock of the flow twice
// fault 3: lock-balance: unlocks a record that only one path locked
// fault 4: null-check: the record that was just added may be missing
// fault 5: map-bounds: the size's class exceeds the histogram
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct flow {
  __u32 source;
  __u32 destination;
};

struct record {
  __u64 packets;
  __u64 bytes;
  struct bpf_spin_lock lock;
  __u32 protocol;
  __u32 sizes[4];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct flow);
  __type(value, struct record);
} flows SEC(".maps");

SEC("xdp")
int locked_flow_counters(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  struct flow key = {ip->saddr, ip->daddr};
  struct record* record = bpf_map_lookup_elem(&flows, &key);
  if (!record) {
    struct record fresh = {.protocol = ip->protocol};
    bpf_map_update_elem(&flows, &key, &fresh, BPF_NOEXIST);
    record = bpf_map_lookup_elem(&flows, &key);
#if FAULT != 4
    if (!record) return XDP_PASS;
#endif
  }
  __u64 size = end - data;
  __u32 class = (size >> 8) & (FAULT == 5 ? 7 : 3);

#if FAULT == 3
  if (record->protocol) bpf_spin_lock(&record->lock);
#else
  bpf_spin_lock(&record->lock);
#endif
#if FAULT == 2
  bpf_spin_lock(&record->lock);
#endif
#if FAULT == 1
  if (record->packets == ~0ull) return XDP_DROP;
#endif
  record->packets += 1;
  record->bytes += size;
  record->sizes[class] += 1;
  bpf_spin_unlock(&record->lock);
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
