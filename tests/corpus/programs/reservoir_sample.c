// SPDX-License-Identifier: Apache-2.0
// Keeps a uniform sample of sixteen events by Vitter's algorithm R, under a spin lock.
// fault 1: map-bounds: the random place is among all events so far
// fault 2: lock-balance: a place behind the sample returns with the lock held
// fault 3: lock-balance: the random number is drawn under the lock
// fault 4: stack-depth: the mixing function and the caller keep large tables
// fault 5: context-access: the event is marked in the context as sampled
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SAMPLE 16

struct reservoir {
  struct bpf_spin_lock lock;
  __u32 unused;
  __u64 seen;
  __u64 events[SAMPLE];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, struct reservoir);
} reservoirs SEC(".maps");

static __noinline __u64 mix(__u64 a, __u64 b) {
#if FAULT == 4
  volatile __u64 table[48];
  table[a & 31] = b;
  a ^= table[b & 31];
#endif
  a ^= b * 0x9e3779b97f4a7c15ull;
  a ^= a >> 29;
  return a * 0xbf58476d1ce4e5b9ull;
}

SEC("cgroup/sock_create")
int reservoir_sample(struct bpf_sock* ctx) {
  __u32 family = ctx->family & 7;
  __u64 event = mix(bpf_get_current_cgroup_id(), (__u64)ctx->type << 32 | ctx->protocol);
#if FAULT == 4
  volatile __u64 kept[32];
  kept[family] = event;
  event += kept[event & 31];
#endif
  __u64 random = bpf_get_prandom_u32();
  struct reservoir* r = bpf_map_lookup_elem(&reservoirs, &family);
  if (!r) return 1;
  bpf_spin_lock(&r->lock);
#if FAULT == 3
  random ^= bpf_get_prandom_u32();
#endif
  __u64 seen = ++r->seen;
  __u64 at = seen <= SAMPLE ? seen - 1 : random % seen;
  asm volatile("" : "+r"(at));
#if FAULT == 1
  r->events[at] = event;
#elif FAULT == 2
  if (at >= SAMPLE) return 1;
  r->events[at] = event;
#else
  if (at < SAMPLE) r->events[at] = event;
#endif
  bpf_spin_unlock(&r->lock);
#if FAULT == 5
  *(volatile __u32*)&ctx->type = 1;
#endif
  return 1;
}

char _license[] SEC("license") = "GPL";
