// SPDX-License-Identifier: Apache-2.0
// Counts sampled stacks of a perf event, and remembers the sampled addresses by page.
// fault 1: context-access: the sample period is written
// fault 2: context-access: a word behind the context is read, on any machine
// fault 3: null-check: the page's count is used without a check
// fault 4: helper-argument: the stack is copied with a length that may be negative
// fault 5: map-bounds: the raw stack's length is not that of the buffer
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include <bpf/bpf_helpers.h>

#define FRAMES 32

struct sample {
  __u64 period;
  __s64 bytes;
  __u64 frames[FRAMES];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct sample);
} samples SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, __u64);
} pages SEC(".maps");

SEC("perf_event")
int profile_samples(struct bpf_perf_event_data* ctx) {
  __u32 zero = 0;
  struct sample* s = bpf_map_lookup_elem(&samples, &zero);
  if (!s) return 0;
  s->period = ctx->sample_period;
#if FAULT == 1
  *(volatile __u64*)&ctx->sample_period = 0;
#elif FAULT == 2
  s->period += *(volatile __u64*)((char*)ctx + 512);
#endif
#if FAULT == 4
  long size = (long)ctx->sample_period;
  asm volatile("" : "+r"(size));
  if (size > (long)sizeof(s->frames)) return 0;
  s->bytes = bpf_get_stack(ctx, s->frames, size, 0);
#elif FAULT == 5
  s->bytes = bpf_get_stack(ctx, s->frames, sizeof(*s), 0);
#else
  s->bytes = bpf_get_stack(ctx, s->frames, sizeof(s->frames), 0);
#endif

  __u64 page = ctx->addr >> 12;
  __u64* count = bpf_map_lookup_elem(&pages, &page);
#if FAULT == 3
  *count += 1;
#else
  if (count) {
    *count += 1;
  } else {
    __u64 one = 1;
    bpf_map_update_elem(&pages, &page, &one, BPF_NOEXIST);
  }
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
