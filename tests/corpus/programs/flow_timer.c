// SPDX-License-Identifier: Apache-2.0
// Arms a timer in each new flow's record; the timer's callback removes flows that rest.
// fault 1: return-range: the callback returns the flow's packets
// fault 2: null-check: the flow that was just added may be missing
// fault 3: helper-argument: starts a timer that lies in no map's value
// fault 4: read-only-write: writes over the timer in the record
// fault 5: type-confusion: sets the callback's map to the record
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define REST 30000000000ull

struct flow {
  __u32 hash;
  __u32 mark;
};

struct record {
  __u64 packets;
  __u64 last;
  struct bpf_timer timer;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct flow);
  __type(value, struct record);
} flows SEC(".maps");

static int rest(void* map, struct flow* flow, struct record* record) {
  __u64 now = bpf_ktime_get_ns();
  if (now - record->last > REST) {
    bpf_map_delete_elem(map, flow);
    return 0;
  }
  bpf_timer_start(&record->timer, REST, 0);
#if FAULT == 1
  return record->packets;
#else
  return 0;
#endif
}

SEC("tc")
int flow_timer(struct __sk_buff* skb) {
  struct flow key = {bpf_get_hash_recalc(skb), skb->mark};
  struct record* record = bpf_map_lookup_elem(&flows, &key);
  if (record) {
    __sync_fetch_and_add(&record->packets, 1);
    record->last = bpf_ktime_get_ns();
    return TC_ACT_OK;
  }
  struct record fresh = {.packets = 1};
  fresh.last = bpf_ktime_get_ns();
  if (bpf_map_update_elem(&flows, &key, &fresh, BPF_NOEXIST)) return TC_ACT_OK;
  record = bpf_map_lookup_elem(&flows, &key);
#if FAULT != 2
  if (!record) return TC_ACT_OK;
#endif
#if FAULT == 3
  if (bpf_timer_init(&fresh.timer, &flows, 1)) return TC_ACT_OK;
#elif FAULT == 5
  if (bpf_timer_init(&record->timer, record, 1)) return TC_ACT_OK;
#else
  if (bpf_timer_init(&record->timer, &flows, 1)) return TC_ACT_OK;
#endif
  bpf_timer_set_callback(&record->timer, rest);
  bpf_timer_start(&record->timer, REST, 0);
#if FAULT == 4
  *(volatile __u64*)&record->timer = 0;
#endif
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
