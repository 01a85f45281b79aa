// SPDX-License-Identifier: Apache-2.0
// Time from wake-up to running, a histogram in global memory.
// fault 1: map-bounds: the last slot is taken for the number of slots
// fault 2: null-check: a task that was never seen waking is measured
// fault 3: read-only-write: the smallest latency is written back into the configuration
// fault 4: type-confusion: the task's pid is read by following the tracepoint's pointer
// fault 5: helper-argument: the key is the pid itself in place of its address
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SLOTS 32
#define PID_OFFSET 24

const volatile __u64 at_least_ns = 1000;
__u64 samples;
struct {
  __u64 slots[SLOTS];
} spread SEC(".data.spread");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, __u32);
  __type(value, __u64);
} woken SEC(".maps");

static __always_inline __u32 pid_of(__u64 task) {
  __u32 pid = 0;
#if FAULT == 4
  pid = *(volatile __u32*)(task + PID_OFFSET);
#else
  bpf_probe_read_kernel(&pid, sizeof(pid), (void*)(task + PID_OFFSET));
#endif
  return pid;
}

SEC("raw_tp/sched_wakeup")
int task_woken(struct bpf_raw_tracepoint_args* ctx) {
  __u32 pid = pid_of(ctx->args[0]);
  if (pid == 0) return 0;
  __u64 now = bpf_ktime_get_ns();
  bpf_map_update_elem(&woken, &pid, &now, BPF_ANY);
  return 0;
}

SEC("raw_tp/sched_switch")
int task_runs(struct bpf_raw_tracepoint_args* ctx) {
  __u32 pid = pid_of(ctx->args[2]);
#if FAULT == 5
  __u64* then = bpf_map_lookup_elem(&woken, (void*)(long)pid);
#else
  __u64* then = bpf_map_lookup_elem(&woken, &pid);
#endif
#if FAULT != 2
  if (!then) return 0;
#endif
  __u64 took = bpf_ktime_get_ns() - *then;
  bpf_map_delete_elem(&woken, &pid);
  if (took < at_least_ns) {
#if FAULT == 3
    __u64* least = (__u64*)&at_least_ns;
    asm volatile("" : "+r"(least));
    *least = took;
#endif
    return 0;
  }
  __u32 slot = 0;
  for (int i = 0; i < 40 && took > 1000; i++) {
    took >>= 1;
    slot++;
  }
  asm volatile("" : "+r"(slot));
#if FAULT == 1
  if (slot > SLOTS) slot = SLOTS;
#else
  if (slot >= SLOTS) slot = SLOTS - 1;
#endif
  spread.slots[slot]++;
  samples++;
  return 0;
}

char _license[] SEC("license") = "GPL";
