// SPDX-License-Identifier: Apache-2.0
// Sums a per-CPU hash over its entries with a callback and ranks the four largest of them.
// fault 1: stack-bounds: the insertion into the ranking starts at a place given by the key
// fault 2: return-range: the callback returns minus one for an empty entry
// fault 3: null-check: an entry found again by its key is trusted
// fault 4: map-bounds: the entry's counters are summed over five of four
// fault 5: helper-argument: the place of the callback holds the address of the result
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define COUNTERS 4
#define RANKS 4

struct entry {
  __u64 counters[COUNTERS];
};

struct rank {
  __u64 key;
  __u64 sum;
};

struct ranking {
  __u64 total;
  struct rank ranks[RANKS];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __uint(max_entries, 1024);
  __type(key, __u64);
  __type(value, struct entry);
} entries SEC(".maps");

struct ranking last;

static long add_entry(void* map, __u64* key, struct entry* e, struct ranking* r) {
  __u64 sum = 0;
#if FAULT == 4
  for (int i = 0; i <= COUNTERS; i++) sum += ((volatile __u64*)e)[i];
#else
  for (int i = 0; i < COUNTERS; i++) sum += e->counters[i];
#endif
#if FAULT == 2
  if (sum == 0) return -1;
#else
  if (sum == 0) return 0;
#endif
  r->total += sum;
  struct rank carried = {.key = *key, .sum = sum};
  for (int i = 0; i < RANKS; i++) {
    if (r->ranks[i].sum >= carried.sum) continue;
    struct rank t = r->ranks[i];
    r->ranks[i] = carried;
    carried = t;
  }
#if FAULT == 1
  r->ranks[carried.key & 255].sum = carried.sum;
#endif
#if FAULT == 3
  __u64 copy = *key;
  struct entry* again = bpf_map_lookup_elem(map, &copy);
  again->counters[0] = 0;
#endif
  return 0;
}

SEC("tracepoint/sched/sched_process_exit")
int percpu_totals(void* ctx) {
  struct ranking r = {};
#if FAULT == 5
  bpf_for_each_map_elem(&entries, &last, add_entry, 0);
#else
  bpf_for_each_map_elem(&entries, add_entry, &r, 0);
#endif
  last = r;
  return 0;
}

char _license[] SEC("license") = "GPL";
