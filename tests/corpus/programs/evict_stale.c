// SPDX-License-Identifier: Apache-2.0
// Visits every entry of a hash map and deletes those not touched for a minute.
// fault 1: return-range: the callback returns the number of deletions
// fault 2: stack-bounds: the callback writes behind the caller's context on the stack
// fault 3: map-bounds: the callback reads the entry's field as if it were an array
// fault 4: read-only-write: the callback writes into the key
// fault 5: helper-argument: the context is a number, which the callback follows
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define MINUTE 60000000000ull

struct entry {
  __u64 touched;
  __u64 hits;
};

struct pass {
  __u64 now;
  __u64 deleted;
  __u64 kept;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, __u64);
  __type(value, struct entry);
} cache SEC(".maps");

__u64 last_deleted, last_kept;

static long visit(void* map, __u64* key, struct entry* e, struct pass* pass) {
#if FAULT == 2
  ((volatile __u64*)pass)[64] = 0;
#endif
#if FAULT == 3
  __u64 touched = (&e->touched)[e->hits & 3];
#else
  __u64 touched = e->touched;
#endif
  if (pass->now - touched > MINUTE) {
#if FAULT == 4
    __u64 id = *key;
    *key = 0;
#else
    __u64 id = *key;
#endif
    bpf_map_delete_elem(map, &id);
    pass->deleted++;
  } else {
    pass->kept++;
  }
#if FAULT == 1
  return pass->deleted;
#else
  return 0;
#endif
}

SEC("tracepoint/sched/sched_process_exit")
int evict_stale(void* ctx) {
  struct pass pass = {.now = bpf_ktime_get_ns()};
#if FAULT == 5
  bpf_for_each_map_elem(&cache, visit, (void*)pass.now, 0);
#else
  bpf_for_each_map_elem(&cache, visit, &pass, 0);
#endif
  last_deleted = pass.deleted;
  last_kept = pass.kept;
  return 0;
}

char _license[] SEC("license") = "GPL";
