// SPDX-License-Identifier: Apache-2.0
// A kprobe and a kretprobe around a connecting function: durations and errors by process.
// fault 1: null-check: the statistics are updated without a check after the second lookup
// fault 2: context-access: a register behind the end of pt_regs is read, of any machine
// fault 3: map-bounds: the error code is an index without a lower bound
// fault 4: type-confusion: the socket address is read through the raw pointer
// fault 5: stack-bounds: the address is copied into a buffer too small for it
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define ERRORS 134

struct pending {
  __u64 when;
  __u16 family;
  __u16 port;
  __u32 address;
};

struct statistics {
  __u64 calls;
  __u64 total_ns;
  __u32 errors[ERRORS];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u64);
  __type(value, struct pending);
} pending_calls SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 512);
  __type(key, __u32);
  __type(value, struct statistics);
} by_process SEC(".maps");

static const struct statistics none;

SEC("kprobe/connect_socket")
int connect_begins(struct pt_regs* ctx) {
  __u64 id = bpf_get_current_pid_tgid();
  void* address = (void*)PT_REGS_PARM2(ctx);
  struct pending p = {.when = bpf_ktime_get_ns()};
#if FAULT == 2
  p.when += *(volatile __u64*)((char*)ctx + 512);
#endif
#if FAULT == 4
  p.family = *(volatile __u16*)address;
#elif FAULT == 5
  bpf_probe_read_kernel(&p.family, 1024, address);
#else
  bpf_probe_read_kernel(&p.family, 8, address);
#endif
  bpf_map_update_elem(&pending_calls, &id, &p, BPF_ANY);
  return 0;
}

SEC("kretprobe/connect_socket")
int connect_ends(struct pt_regs* ctx) {
  __u64 id = bpf_get_current_pid_tgid();
  __u32 process = id >> 32;
  long result = PT_REGS_RC(ctx);
  struct pending* p = bpf_map_lookup_elem(&pending_calls, &id);
  if (!p) return 0;
  __u64 took = bpf_ktime_get_ns() - p->when;
  bpf_map_delete_elem(&pending_calls, &id);

  struct statistics* s = bpf_map_lookup_elem(&by_process, &process);
  if (!s) {
    bpf_map_update_elem(&by_process, &process, &none, BPF_NOEXIST);
    s = bpf_map_lookup_elem(&by_process, &process);
#if FAULT != 1
    if (!s) return 0;
#endif
  }
  s->calls++;
  s->total_ns += took;
  __s64 error = -result;
  asm volatile("" : "+r"(error));
#if FAULT == 3
  if (error < ERRORS) s->errors[error]++;
#else
  if (error >= 0 && error < ERRORS) s->errors[error]++;
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
