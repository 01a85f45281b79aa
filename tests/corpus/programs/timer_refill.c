// SPDX-License-Identifier: Apache-2.0
// A timer in an array map refills a bucket of tokens; a system call program arms it.
// fault 1: return-range: the timer's callback returns one
// fault 2: helper-argument: the timer is armed at an address that is not the timer's field
// fault 3: null-check: the element is used without a check after a lookup by a variable
// fault 4: map-bounds: the callback writes behind the value
// fault 5: helper-argument: the timer is initialised with a map that does not hold it
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define CLOCK_MONOTONIC 1
#define BUCKETS 4

struct bucket {
  struct bpf_timer timer;
  __u64 tokens;
  __u64 refill;
  __u64 fires[2];
};

struct request {
  __u32 bucket;
  __u32 period_ms;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, BUCKETS);
  __type(key, __u32);
  __type(value, struct bucket);
} buckets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, BUCKETS);
  __type(key, __u32);
  __type(value, __u64);
} periods SEC(".maps");

static int refill(void* map, __u32* key, struct bucket* b) {
  b->tokens += b->refill;
  if (b->tokens > 1000) b->tokens = 1000;
#if FAULT == 4
  ((volatile __u64*)b->fires)[2]++;
#else
  b->fires[b->tokens == 1000]++;
#endif
  __u64* period = bpf_map_lookup_elem(&periods, key);
  if (period) bpf_timer_start(&b->timer, *period, 0);
#if FAULT == 1
  return 1;
#else
  return 0;
#endif
}

SEC("syscall")
int timer_refill(struct request* ctx) {
  __u32 key = ctx->bucket;
  __u64 period = (__u64)ctx->period_ms * 1000000;
  struct bucket* b = bpf_map_lookup_elem(&buckets, &key);
#if FAULT != 3
  if (!b) return 1;
#endif
  b->refill = 10;
  bpf_map_update_elem(&periods, &key, &period, BPF_ANY);
#if FAULT == 5
  if (bpf_timer_init(&b->timer, &periods, CLOCK_MONOTONIC)) return 2;
#else
  if (bpf_timer_init(&b->timer, &buckets, CLOCK_MONOTONIC)) return 2;
#endif
#if FAULT == 2
  bpf_timer_set_callback((struct bpf_timer*)&b->tokens, refill);
#else
  bpf_timer_set_callback(&b->timer, refill);
#endif
  return bpf_timer_start(&b->timer, period, 0);
}

char _license[] SEC("license") = "GPL";
