// SPDX-License-Identifier: Apache-2.0
// Exponential moving averages of page fault times in fixed point, with alerts over a threshold.
// fault 1: null-check: the average of a new process is updated without a check
// fault 2: reference-leak: an alert below the second threshold is not given back
// fault 3: helper-argument: the alert is reserved in the map of averages
// fault 4: map-bounds: the weight's index is a signed number with only an upper limit
// fault 5: context-access: the alert reads a field in front of the context
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define WEIGHTS 4

struct average {
  __u64 scaled;
  __u64 last;
  __s64 weight;
};

struct alert {
  __u64 id;
  __u64 scaled;
  __u64 address;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct average);
} averages SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} alerts SEC(".maps");

struct {
  __u32 shift[WEIGHTS];
} weights SEC(".data.weights") = {{2, 3, 4, 5}};

static const struct average none;
__u64 threshold = 100000, second_threshold = 1000000;

SEC("kprobe/handle_fault")
int moving_average(struct pt_regs* ctx) {
  __u64 id = bpf_get_current_pid_tgid();
  __u32 process = id >> 32;
  struct average* a = bpf_map_lookup_elem(&averages, &process);
  if (!a) {
    bpf_map_update_elem(&averages, &process, &none, BPF_NOEXIST);
    a = bpf_map_lookup_elem(&averages, &process);
#if FAULT != 1
    if (!a) return 0;
#endif
  }
  __u64 now = bpf_ktime_get_ns();
  __u64 gap = now - a->last;
  a->last = now;
  __s64 w = a->weight;
  asm volatile("" : "+r"(w));
#if FAULT == 4
  if (w >= WEIGHTS) w = 0;
#else
  if (w < 0 || w >= WEIGHTS) w = 0;
#endif
  __u32 shift = weights.shift[w] & 31;
  a->scaled += (gap << 4 >> shift) - (a->scaled >> shift);
  if (a->scaled >> 4 < threshold) return 0;
#if FAULT == 3
  struct alert* alert = bpf_ringbuf_reserve((void*)&averages, sizeof(*alert), a->scaled);
#else
  struct alert* alert = bpf_ringbuf_reserve(&alerts, sizeof(*alert), 0);
#endif
  if (!alert) return 0;
  alert->id = id;
  alert->scaled = a->scaled;
#if FAULT == 5
  alert->address = *((volatile __u64*)ctx - 1);
#else
  alert->address = PT_REGS_PARM2(ctx);
#endif
  if (alert->scaled >> 4 < second_threshold) {
#if FAULT != 2
    bpf_ringbuf_discard(alert, BPF_RB_NO_WAKEUP);
#endif
    return 0;
  }
  bpf_ringbuf_submit(alert, BPF_RB_FORCE_WAKEUP);
  return 0;
}

char _license[] SEC("license") = "GPL";
