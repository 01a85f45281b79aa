// Tells of processes that begin and end, by a ring buffer; a hash map knows when they began.
#include "tests/libbpf/bootstrap.h"

#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "tests/libbpf/kernel_types.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, int);
  __type(value, unsigned long long);
} exec_start SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 * 1024);
} rb SEC(".maps");

const volatile unsigned long long min_duration_ns = 0;

SEC("tp/sched/sched_process_exec")
int handle_exec(struct trace_event_raw_sched_process_exec* ctx) {
  int pid = bpf_get_current_pid_tgid() >> 32;
  unsigned long long now = bpf_ktime_get_ns();
  bpf_map_update_elem(&exec_start, &pid, &now, BPF_ANY);
  if (min_duration_ns) return 0;

  struct event* e = bpf_ringbuf_reserve(&rb, sizeof(*e), 0);
  if (!e) return 0;
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  e->exit_event = false;
  e->pid = pid;
  e->ppid = BPF_CORE_READ(task, real_parent, tgid);
  e->exit_code = 0;
  e->duration_ns = 0;
  bpf_get_current_comm(&e->comm, sizeof(e->comm));
  unsigned offset = ctx->__data_loc_filename & 0xffff;
  bpf_probe_read_str(&e->filename, sizeof(e->filename), (void*)ctx + offset);
  bpf_ringbuf_submit(e, 0);
  return 0;
}

SEC("tp/sched/sched_process_exit")
int handle_exit(void* ctx) {
  unsigned long long id = bpf_get_current_pid_tgid();
  int pid = id >> 32;
  if (pid != (int)id) return 0;
  unsigned long long* start = bpf_map_lookup_elem(&exec_start, &pid);
  unsigned long long duration = 0;
  if (start) {
    duration = bpf_ktime_get_ns() - *start;
  } else if (min_duration_ns) {
    return 0;
  }
  bpf_map_delete_elem(&exec_start, &pid);
  if (min_duration_ns && duration < min_duration_ns) return 0;

  struct event* e = bpf_ringbuf_reserve(&rb, sizeof(*e), 0);
  if (!e) return 0;
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  e->exit_event = true;
  e->pid = pid;
  e->ppid = BPF_CORE_READ(task, real_parent, tgid);
  e->exit_code = (BPF_CORE_READ(task, exit_code) >> 8) & 0xff;
  e->duration_ns = duration;
  bpf_get_current_comm(&e->comm, sizeof(e->comm));
  e->filename[0] = 0;
  bpf_ringbuf_submit(e, 0);
  return 0;
}
