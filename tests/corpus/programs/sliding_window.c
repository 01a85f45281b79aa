// SPDX-License-Identifier: Apache-2.0
// Sum and maximum over the last sixteen samples of each CPU's run queue, in a ring in a map value.
// fault 1: map-bounds: the head runs over before it is wrapped
// fault 2: map-bounds: the loop over the window starts at the head and does not wrap
// fault 3: stack-bounds: the copy on the stack is walked by the sample's value
// fault 4: null-check: another CPU's window is used without a check
// fault 5: context-access: the context is written to mark a sample as taken
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define WINDOW 16

struct window {
  __u64 head;
  __u64 sum;
  __u64 most;
  __u32 samples[WINDOW];
};

struct enter_args {
  __u64 common;
  __u64 cpu;
  __u64 length;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 128);
  __type(key, __u32);
  __type(value, struct window);
} windows SEC(".maps");

SEC("tracepoint/sched/sched_queue_length")
int sliding_window(struct enter_args* ctx) {
  __u32 cpu = ctx->cpu;
  struct window* w = bpf_map_lookup_elem(&windows, &cpu);
#if FAULT != 4
  if (!w) return 0;
#endif
  __u64 head = w->head;
#if FAULT == 1
  w->samples[head] = ctx->length;
  head = (head + 1) % WINDOW;
#else
  head %= WINDOW;
  w->sum -= w->samples[head];
  w->samples[head] = ctx->length;
  w->sum += w->samples[head];
  head = (head + 1) % WINDOW;
#endif
  w->head = head;
#if FAULT == 5
  *(volatile __u64*)&ctx->length = 0;
#endif
  __u32 copy[WINDOW];
  for (__u64 i = 0; i < WINDOW; i++) {
#if FAULT == 2
    __u64 at = head + i;
#else
    __u64 at = (head + i) % WINDOW;
#endif
    asm volatile("" : "+r"(at));
#if FAULT == 2
    copy[i] = w->samples[at];
#else
    copy[i] = w->samples[at & (WINDOW - 1)];
#endif
  }
  __u32 most = 0;
  for (int i = 0; i < WINDOW; i++)
    if (copy[i] > most) most = copy[i];
#if FAULT == 3
  most += ((volatile __u32*)copy)[ctx->length & 255];
#endif
  w->most = most;
  return 0;
}

char _license[] SEC("license") = "GPL";
