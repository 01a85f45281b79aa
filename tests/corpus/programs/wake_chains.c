// SPDX-License-Identifier: Apache-2.0
// Follows who woke whom, up to eight links, and counts the chain by the hash of its processes.
// fault 1: termination: the chain is followed until it comes back to the start
// fault 2: stack-bounds: the link's number counts on after the last one
// fault 3: null-check: the waker of a process that was never woken is read
// fault 4: uninitialised: only as many links as there are were written, and all are the key
// fault 5: helper-argument: the chain is looked up in the map of links by a queue's helper
// linux: 6.3 and later accept fault 4 of a privileged program
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define LINKS 8

struct wake_args {
  __u64 common;
  char comm[16];
  __u32 process;
  __u32 priority;
};

struct chain {
  __u32 processes[LINKS];
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, __u32);
  __type(value, __u32);
} woken_by SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, struct chain);
  __type(value, __u64);
} chains SEC(".maps");

SEC("tracepoint/sched/sched_waking")
int wake_chains(struct wake_args* ctx) {
  __u32 waker = bpf_get_current_pid_tgid();
  __u32 woken = ctx->process;
  bpf_map_update_elem(&woken_by, &woken, &waker, BPF_ANY);
#if FAULT == 4
  struct chain c;
  asm volatile("" : : "r"(&c) : "memory");
#else
  struct chain c = {};
#endif
  __u32 at = woken;
#if FAULT == 1
  for (volatile __u32 i = 0; at != waker; i++) {
    c.processes[0] ^= at;
#elif FAULT == 2
  for (__u32 i = 0; i < 16 * LINKS; i++) {
    ((volatile __u32*)c.processes)[i] = at;
#else
  for (__u32 i = 0; i < LINKS; i++) {
    c.processes[i] = at;
#endif
#if FAULT == 5
    __u32* next = (void*)bpf_map_pop_elem(&woken_by, &at);
#else
    __u32* next = bpf_map_lookup_elem(&woken_by, &at);
#endif
#if FAULT != 3
    if (!next) break;
#endif
    at = *next;
  }
  __u64* count = bpf_map_lookup_elem(&chains, &c);
  if (count) {
    __sync_fetch_and_add(count, 1);
  } else {
    __u64 one = 1;
    bpf_map_update_elem(&chains, &c, &one, BPF_NOEXIST);
  }
  return 0;
}

char _license[] SEC("license") = "GPL";
