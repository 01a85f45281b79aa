// SPDX-License-Identifier: Apache-2.0
// Pairs the entry and exit of openat: reports path, flags and result to a perf event array.
// fault 1: null-check: the entry's arguments are used though they may be missing at exit
// fault 2: stack-bounds: the output is longer than the event on the stack
// fault 3: helper-argument: the perf output goes to the hash map of pending calls
// fault 4: context-access: the entry reads an argument at an odd offset
// fault 5: type-confusion: the user's path is dereferenced directly
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct enter_args {
  __u64 common;
  __s64 number;
  __s64 directory;
  const char* path;
  __s64 flags;
  __s64 mode;
};

struct exit_args {
  __u64 common;
  __s64 number;
  __s64 result;
};

struct pending {
  const char* path;
  __s64 flags;
};

struct event {
  __u64 id;
  __s64 flags;
  __s64 result;
  char comm[16];
  char path[128];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, struct pending);
} pending_calls SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} output SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_openat")
int open_enter(struct enter_args* ctx) {
  __u64 id = bpf_get_current_pid_tgid();
  struct pending p = {.path = ctx->path, .flags = ctx->flags};
#if FAULT == 4
  p.flags = *(volatile __s64*)((char*)ctx + 33);
#endif
#if FAULT == 5
  if (p.path[0] == '/') p.flags |= 1ull << 63;
#endif
  bpf_map_update_elem(&pending_calls, &id, &p, BPF_ANY);
  return 0;
}

SEC("tracepoint/syscalls/sys_exit_openat")
int open_exit(struct exit_args* ctx) {
  __u64 id = bpf_get_current_pid_tgid();
  struct pending* p = bpf_map_lookup_elem(&pending_calls, &id);
#if FAULT != 1
  if (!p) return 0;
#endif
  struct event e = {.id = id, .flags = p->flags, .result = ctx->result};
  bpf_get_current_comm(e.comm, sizeof(e.comm));
  bpf_probe_read_user_str(e.path, sizeof(e.path), p->path);
#if FAULT == 2
  bpf_perf_event_output(ctx, &output, BPF_F_CURRENT_CPU, &e, sizeof(e) + 256);
#elif FAULT == 3
  bpf_perf_event_output(ctx, &pending_calls, BPF_F_CURRENT_CPU, &e, sizeof(e));
#else
  bpf_perf_event_output(ctx, &output, BPF_F_CURRENT_CPU, &e, sizeof(e));
#endif
  bpf_map_delete_elem(&pending_calls, &id);
  return 0;
}

char _license[] SEC("license") = "GPL";
