// SPDX-License-Identifier: Apache-2.0
// Paces flows by setting the departure time of each packet behind the one before.
// fault 1: null-check: the class of the packet may be missing
// fault 2: lock-balance: drops beyond the horizon with the lock held
// fault 3: lock-balance: unlocks before the class is locked
// fault 4: context-access: writes the length on the wire
// fault 5: type-confusion: locks through an address that was stored as a number
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define HORIZON 2000000000ull

struct class {
  __u64 next;
  __u64 nanoseconds_per_kilobyte;
  __u64 owner;
  struct bpf_spin_lock lock;
  __u32 dropped;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct class);
} classes SEC(".maps");

SEC("tc")
int tc_earliest_departure(struct __sk_buff* skb) {
  __u32 key = skb->mark;
  struct class* class = bpf_map_lookup_elem(&classes, &key);
#if FAULT != 1
  if (!class) return TC_ACT_OK;
#endif
  __u64 now = bpf_ktime_get_ns();
  __u64 cost = skb->wire_len * class->nanoseconds_per_kilobyte >> 10;
  __u64 wanted = skb->tstamp;
  if (wanted < now) wanted = now;

#if FAULT == 3
  bpf_spin_unlock(&class->lock);
#endif
#if FAULT == 5
  bpf_spin_lock((void*)(long)class->owner);
#else
  bpf_spin_lock(&class->lock);
#endif
  __u64 departure = class->next > wanted ? class->next : wanted;
  if (departure - now > HORIZON) {
    class->dropped += 1;
#if FAULT != 2
    bpf_spin_unlock(&class->lock);
#endif
    return TC_ACT_SHOT;
  }
  class->next = departure + cost;
  bpf_spin_unlock(&class->lock);
  skb->tstamp = departure;
#if FAULT == 4
  skb->wire_len = cost;
#endif
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
