// SPDX-License-Identifier: Apache-2.0
// Time off the processor by kernel and user stack, from the scheduler's switch.
// fault 1: null-check: the total of a new stack is increased without a check
// fault 2: helper-argument: stacks are asked of the map of totals
// fault 3: map-bounds: the total's second word is written, and there is none
// fault 4: helper-argument: the command's name is asked for with a size of zero
// fault 5: context-access: the switch's arguments are indexed by a variable
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define DEPTH 64

struct start {
  __u64 when;
  __s32 user_stack;
  __s32 kernel_stack;
};

struct where {
  __u32 process;
  __s32 user_stack;
  __s32 kernel_stack;
  char comm[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(max_entries, 1024);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, DEPTH * sizeof(__u64));
} stacks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, struct start);
} starts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct where);
  __type(value, __u64);
} totals SEC(".maps");

SEC("raw_tp/sched_switch")
int off_cpu_time(struct bpf_raw_tracepoint_args* ctx) {
  __u64 now = bpf_ktime_get_ns();
#if FAULT == 5
  __u64 from = ((volatile __u64*)ctx)[bpf_get_prandom_u32() & 3];
#else
  __u64 from = ctx->args[1];
#endif
  __u64 to = ctx->args[2];

  struct start s = {.when = now};
#if FAULT == 2
  s.user_stack = bpf_get_stackid(ctx, &totals, BPF_F_USER_STACK);
#else
  s.user_stack = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
#endif
  s.kernel_stack = bpf_get_stackid(ctx, &stacks, 0);
  bpf_map_update_elem(&starts, &from, &s, BPF_ANY);

  struct start* began = bpf_map_lookup_elem(&starts, &to);
  if (!began) return 0;
  __u64 away = now - began->when;
  struct where w = {.process = bpf_get_current_pid_tgid() >> 32,
                    .user_stack = began->user_stack,
                    .kernel_stack = began->kernel_stack};
#if FAULT == 4
  bpf_get_current_comm(w.comm, 0);
#else
  bpf_get_current_comm(w.comm, sizeof(w.comm));
#endif
  bpf_map_delete_elem(&starts, &to);

  __u64* total = bpf_map_lookup_elem(&totals, &w);
  if (!total) {
    __u64 zero = 0;
    bpf_map_update_elem(&totals, &w, &zero, BPF_NOEXIST);
    total = bpf_map_lookup_elem(&totals, &w);
#if FAULT != 1
    if (!total) return 0;
#endif
  }
#if FAULT == 3
  __sync_fetch_and_add(total + 1, away);
#else
  __sync_fetch_and_add(total, away);
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
