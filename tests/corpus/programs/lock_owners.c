// SPDX-License-Identifier: Apache-2.0
// Watches user locks: who holds which, how long others wait, and a wait that closes a circle.
// fault 1: null-check: the owner is looked up again and trusted
// fault 2: termination: the chain of owners is followed to its end, which a circle does not have
// fault 3: stack-bounds: the visited owners are stored at the depth without a limit
// fault 4: type-confusion: the lock word is read in user memory directly
// fault 5: context-access: a register is read from its middle
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define DEPTH 8

struct waiting {
  __u64 lock;
  __u64 since;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, __u32);
} owners SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, struct waiting);
} waiters SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} circles SEC(".maps");

SEC("uprobe//usr/lib/libthreads.so:lock")
int lock_begins(struct pt_regs* ctx) {
  __u32 self = bpf_get_current_pid_tgid();
#if FAULT == 5
  __u64 lock = *(volatile __u64*)((char*)ctx + 100);
#else
  __u64 lock = PT_REGS_PARM1(ctx);
#endif
  struct waiting w = {.lock = lock, .since = bpf_ktime_get_ns()};
  bpf_map_update_elem(&waiters, &self, &w, BPF_ANY);
  __u32 word = 0;
#if FAULT == 4
  word = *(volatile __u32*)lock;
#else
  bpf_probe_read_user(&word, sizeof(word), (void*)lock);
#endif
  if (word == 0) return 0;
  __u32 chain[DEPTH] = {};
  __u32 owner = self;
#if FAULT == 2
  for (volatile __u64 i = 0;; i = (i + 1) % DEPTH) {
#else
  for (__u64 i = 0; i < DEPTH; i++) {
#endif
    struct waiting* next = bpf_map_lookup_elem(&waiters, &owner);
    if (!next) return 0;
    __u64 wanted = next->lock;
    __u32* holder = bpf_map_lookup_elem(&owners, &wanted);
#if FAULT != 1
    if (!holder) return 0;
#endif
    owner = *holder;
#if FAULT == 3
    chain[next->since & 127] = owner;
#else
    chain[i % DEPTH] = owner;
#endif
    if (owner != self) continue;
    bpf_perf_event_output(ctx, &circles, BPF_F_CURRENT_CPU, chain, sizeof(chain));
    return 0;
  }
  return 0;
}

SEC("uretprobe//usr/lib/libthreads.so:lock")
int lock_ends(struct pt_regs* ctx) {
  __u32 self = bpf_get_current_pid_tgid();
  struct waiting* w = bpf_map_lookup_elem(&waiters, &self);
  if (!w) return 0;
  __u64 lock = w->lock;
  bpf_map_update_elem(&owners, &lock, &self, BPF_ANY);
  bpf_map_delete_elem(&waiters, &self);
  return 0;
}

char _license[] SEC("license") = "GPL";
