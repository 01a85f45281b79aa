// SPDX-License-Identifier: Apache-2.0
// A linear congruential generator run for as many as a million rounds through bpf_loop.
// fault 1: return-range: the callback returns the low bits of the state
// fault 2: map-bounds: the buckets are indexed by the round
// fault 3: stack-bounds: the state on the stack is indexed by the round
// fault 4: helper-argument: the buckets are updated with a number in place of an address
// fault 5: type-confusion: the context is a number that the callback takes for an address
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define BUCKETS 64

struct state {
  __u64 seed;
  __u64 odd;
  __u64 last[4];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64[BUCKETS]);
} buckets SEC(".maps");

struct request {
  __u64 seed;
  __u32 rounds;
  __u32 odd;
};

static long round_of(__u32 index, struct state* s) {
  __u32 zero = 0;
  __u64* counts = bpf_map_lookup_elem(&buckets, &zero);
  if (!counts) return 1;
  s->seed = s->seed * 6364136223846793005ull + 1442695040888963407ull;
  s->odd += s->seed & 1;
#if FAULT == 3
  s->last[index & 255] = s->seed;
#else
  s->last[index & 3] = s->seed;
#endif
#if FAULT == 2
  counts[index]++;
#else
  counts[s->seed >> 58]++;
#endif
#if FAULT == 4
  bpf_map_update_elem(&buckets, &zero, (void*)s->seed, BPF_ANY);
#endif
#if FAULT == 1
  return s->seed & 7;
#else
  return 0;
#endif
}

SEC("syscall")
int loop_million(struct request* ctx) {
  struct state s = {.seed = ctx->seed};
  __u32 rounds = ctx->rounds;
  if (rounds > 1000000) return -1;
#if FAULT == 5
  bpf_loop(rounds, round_of, (void*)ctx->seed, 0);
#else
  bpf_loop(rounds, round_of, &s, 0);
#endif
  ctx->odd = s.odd;
  return 0;
}

char _license[] SEC("license") = "GPL";
