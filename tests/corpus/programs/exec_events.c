// SPDX-License-Identifier: Apache-2.0
// Sends one ring-buffer record for each process that executes a file.
// fault 1: null-check: the reserved record is written without asking whether there is one
// fault 2: reference-leak: a filtered process leaves without discarding its record
// fault 3: map-bounds: the file name is read with the size of the whole record behind its header
// fault 4: context-access: the common header in front of the tracepoint's fields is read
// fault 5: helper-argument: the record is submitted by a pointer into its middle
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct exec_args {
  __u64 common;
  __u32 filename_location;
  __s32 pid;
  __s32 old_pid;
};

struct event {
  __u64 when;
  __u32 pid;
  __u32 uid;
  char comm[16];
  char file[64];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 16);
} events SEC(".maps");

const volatile __u32 least_uid = 1000;

SEC("tracepoint/sched/sched_process_exec")
int exec_events(struct exec_args* ctx) {
  struct event* e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
#if FAULT != 1
  if (!e) return 0;
#endif
  e->when = bpf_ktime_get_ns();
  e->pid = ctx->pid;
  e->uid = (__u32)bpf_get_current_uid_gid();
  if (e->uid < least_uid) {
#if FAULT != 2
    bpf_ringbuf_discard(e, 0);
#endif
    return 0;
  }
#if FAULT == 4
  e->when += ctx->common;
#endif
  bpf_get_current_comm(e->comm, sizeof(e->comm));
  __u32 offset = ctx->filename_location & 0xffff;
#if FAULT == 3
  bpf_probe_read_kernel_str(e->file, sizeof(*e), (char*)ctx + offset);
#else
  bpf_probe_read_kernel_str(e->file, sizeof(e->file), (char*)ctx + offset);
#endif
#if FAULT == 5
  bpf_ringbuf_submit(&e->pid, 0);
#else
  bpf_ringbuf_submit(e, 0);
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
