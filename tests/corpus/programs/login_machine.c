// SPDX-License-Identifier: Apache-2.0
// A state machine per process: failed and successful logins drive transitions from a table.
// fault 1: map-bounds: the state read from the map selects a row unchecked
// fault 2: map-bounds: the event is compared with one more than there are
// fault 3: read-only-write: the table of transitions learns
// fault 4: null-check: a new process' machine is advanced without a check
// fault 5: stack-bounds: the alert is written with a size found in the map
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

enum { kIdle, kSuspect, kBlocked, kStates };
enum { kFailure, kSuccess, kTimeout, kEvents };

struct machine {
  __u32 state;
  __u32 alert_size;
  __u64 transitions;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, struct machine);
} machines SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} alerts SEC(".maps");

struct {
  __u8 to[kStates][kEvents];
} table SEC(".rodata.table") = {
    {{kSuspect, kIdle, kIdle}, {kBlocked, kIdle, kIdle}, {kBlocked, kBlocked, kIdle}}};

static const struct machine idle = {.alert_size = 16};

SEC("uretprobe//usr/lib/libauth.so:authenticate")
int login_machine(struct pt_regs* ctx) {
  __u32 process = bpf_get_current_pid_tgid() >> 32;
  __u64 event = PT_REGS_RC(ctx);
  struct machine* m = bpf_map_lookup_elem(&machines, &process);
  if (!m) {
    bpf_map_update_elem(&machines, &process, &idle, BPF_NOEXIST);
    m = bpf_map_lookup_elem(&machines, &process);
#if FAULT != 4
    if (!m) return 0;
#endif
  }
  __u64 state = m->state;
  asm volatile("" : "+r"(state), "+r"(event));
#if FAULT != 1
  if (state >= kStates) return 0;
#endif
#if FAULT == 2
  if (event > kEvents) return 0;
#else
  if (event >= kEvents) return 0;
#endif
#if FAULT == 3
  table.to[state][event] = kIdle;
#endif
  m->state = ((volatile __u8*)table.to)[state * kEvents + event];
  m->transitions++;
  if (m->state == kBlocked) {
    __u64 alert[2] = {process, m->transitions};
#if FAULT == 5
    bpf_perf_event_output(ctx, &alerts, BPF_F_CURRENT_CPU, alert, m->alert_size & 0xffff);
#else
    bpf_perf_event_output(ctx, &alerts, BPF_F_CURRENT_CPU, alert, sizeof(alert));
#endif
  }
  return 0;
}

char _license[] SEC("license") = "GPL";
