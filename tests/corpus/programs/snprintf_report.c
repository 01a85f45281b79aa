// SPDX-License-Identifier: Apache-2.0
// Formats a report of page faults into a buffer with bpf_snprintf and sends what was written.
// fault 1: helper-argument: one of two formats is built on the stack
// fault 2: helper-argument: the data's size is no multiple of eight
// fault 3: map-bounds: the formatted length is used as if it could not exceed the buffer
// fault 4: helper-argument: the format names one argument more than there are
// fault 5: stack-bounds: the arguments' array ends before its size
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define TEXT 128

struct report {
  char text[TEXT];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct report);
} reports SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} output SEC(".maps");

#if FAULT == 4
static const char format[] = "process %d faults at %llx (%llu so far) flags %x %x";
#else
static const char format[] = "process %d faults at %llx (%llu so far) flags %x";
#endif

__u64 faults;

SEC("kprobe/handle_fault")
int snprintf_report(struct pt_regs* ctx) {
  __u32 zero = 0;
  struct report* r = bpf_map_lookup_elem(&reports, &zero);
  if (!r) return 0;
  __u64 data[4] = {bpf_get_current_pid_tgid() >> 32, PT_REGS_PARM2(ctx), ++faults,
                   PT_REGS_PARM3(ctx)};
#if FAULT == 1
  char built[8] = "%d %llx";
  long n = bpf_snprintf(r->text, TEXT, r->text[0] ? format : built, data, sizeof(data));
#elif FAULT == 2
  long n = bpf_snprintf(r->text, TEXT, format, data, sizeof(data) - 4);
#elif FAULT == 5
  long n = bpf_snprintf(r->text, TEXT, format, data + 2, sizeof(data));
#else
  long n = bpf_snprintf(r->text, TEXT, format, data, sizeof(data));
#endif
  if (n <= 0) return 0;
  __u64 size = n;
  asm volatile("" : "+r"(size));
#if FAULT == 3
  if (size > 2 * TEXT) return 0;
#else
  if (size > TEXT) return 0;
#endif
  bpf_perf_event_output(ctx, &output, BPF_F_CURRENT_CPU, r->text, size);
  return 0;
}

char _license[] SEC("license") = "GPL";
