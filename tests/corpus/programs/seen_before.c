// SPDX-License-Identifier: Apache-2.0
// A Bloom filter in front of a hash map: only what was seen before gets an entry.
// fault 1: helper-argument: the filter is asked with a key that is a number, not an address
// fault 2: null-check: the entry is trusted since the filter said yes
// fault 3: helper-argument: an element is deleted from the filter, which has no deletion
// fault 4: map-bounds: the ring is indexed by a remainder of one more than its length
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define RING 16

struct enter_args {
  __u64 common;
  __s64 number;
  __u64 process;
  __u64 signal;
};

struct pair {
  __u32 sender;
  __u32 receiver;
};

struct history {
  __u64 count;
  __u64 ring[RING];
};

struct {
  __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
  __uint(max_entries, 10000);
  __uint(map_extra, 3);
  __type(value, struct pair);
} filter SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, struct pair);
  __type(value, struct history);
} pairs SEC(".maps");

static const struct history none;

SEC("tracepoint/syscalls/sys_enter_kill")
int seen_before(struct enter_args* ctx) {
  struct pair p = {.sender = bpf_get_current_pid_tgid() >> 32, .receiver = ctx->process};
#if FAULT == 1
  if (bpf_map_peek_elem(&filter, (void*)ctx->process)) {
#else
  if (bpf_map_peek_elem(&filter, &p)) {
#endif
    bpf_map_push_elem(&filter, &p, BPF_ANY);
    return 0;
  }
  struct history* h = bpf_map_lookup_elem(&pairs, &p);
  if (!h) {
    bpf_map_update_elem(&pairs, &p, &none, BPF_NOEXIST);
    h = bpf_map_lookup_elem(&pairs, &p);
#if FAULT != 2
    if (!h) return 0;
#endif
  }
  __u64 at = h->count++;
#if FAULT == 4
  at %= RING + 1;
#else
  at %= RING;
#endif
  h->ring[at] = bpf_ktime_get_ns();
#if FAULT == 3
  if (ctx->signal == 9) bpf_map_delete_elem(&filter, &p);
#else
  if (ctx->signal == 9) bpf_map_delete_elem(&pairs, &p);
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
