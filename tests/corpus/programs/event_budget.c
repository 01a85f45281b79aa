// SPDX-License-Identifier: Apache-2.0
// A token bucket for each process in front of a ring buffer, so that none can flood it.
// fault 1: reference-leak: the record is reserved before the bucket is asked
// fault 2: null-check: a new bucket is drawn from without a check
// fault 3: helper-argument: the record's size is the number of tokens
// fault 4: type-confusion: the record is written after its submission, when it is none any more
// fault 5: map-bounds: the burst table is indexed by the process' class unchecked
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define CLASSES 4

struct bucket {
  __u64 tokens;
  __u64 filled;
  __u64 class;
};

struct event {
  __u64 id;
  __u64 number;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 2048);
  __type(key, __u32);
  __type(value, struct bucket);
} buckets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 65536);
} events SEC(".maps");

struct {
  __u64 most[CLASSES];
} burst SEC(".data.burst") = {{10, 100, 1000, 10000}};

static const struct bucket fresh = {.tokens = 10};

SEC("raw_tp/sys_enter")
int event_budget(struct bpf_raw_tracepoint_args* ctx) {
  __u64 id = bpf_get_current_pid_tgid();
  __u32 process = id >> 32;
  struct bucket* b = bpf_map_lookup_elem(&buckets, &process);
  if (!b) {
    bpf_map_update_elem(&buckets, &process, &fresh, BPF_NOEXIST);
    b = bpf_map_lookup_elem(&buckets, &process);
#if FAULT != 2
    if (!b) return 0;
#endif
  }
#if FAULT == 1
  struct event* e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
  if (!e) return 0;
#endif
  __u64 class = b->class;
  asm volatile("" : "+r"(class));
#if FAULT != 5
  class &= CLASSES - 1;
#endif
  __u64 now = bpf_ktime_get_ns();
  __u64 tokens = b->tokens + (now - b->filled) / 1000000;
  if (tokens > burst.most[class]) tokens = burst.most[class];
  b->filled = now;
  if (tokens == 0) return 0;
  b->tokens = tokens - 1;
#if FAULT == 3
  struct event* e = bpf_ringbuf_reserve(&events, tokens, 0);
  if (!e) return 0;
#elif FAULT != 1
  struct event* e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
  if (!e) return 0;
#endif
  e->id = id;
  e->number = ctx->args[1];
  bpf_ringbuf_submit(e, 0);
#if FAULT == 4
  e->number = 0;
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
