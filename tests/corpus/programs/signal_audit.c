// SPDX-License-Identifier: Apache-2.0
// Writes an audit record for each signal between different users, with a rate per receiver.
// fault 1: reference-leak: the record of a signal to oneself is neither sent nor discarded
// fault 2: map-bounds: the signal is an index into the table of severities from one to 64
// fault 3: null-check: the record is filled first and checked later
// fault 4: helper-argument: the discarded pointer is that of the rate, not of the record
// fault 5: reference-leak: the record is discarded and then submitted as well
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SIGNALS 65

struct signal_args {
  __u64 common;
  __s32 signal;
  __s32 error;
  __s32 code;
  char comm[16];
  __s32 process;
};

struct record {
  __u64 when;
  __u32 from;
  __u32 to;
  __u32 severity;
  __s32 code;
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 13);
} audit SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, __u64);
} rates SEC(".maps");

struct {
  __u8 of[SIGNALS];
} severity SEC(".data.severity") = {{[6] = 2, [9] = 5, [11] = 3, [15] = 4}};

SEC("tracepoint/signal/signal_generate")
int signal_audit(struct signal_args* ctx) {
  __u32 from = bpf_get_current_pid_tgid() >> 32;
  __u32 to = ctx->process;
  __s64 signal = ctx->signal;
  asm volatile("" : "+r"(signal));
#if FAULT == 2
  if (signal < 1 || signal > SIGNALS) return 0;
#else
  if (signal < 1 || signal >= SIGNALS) return 0;
#endif
  __u64 now = bpf_ktime_get_ns();
  __u64* last = bpf_map_lookup_elem(&rates, &to);
  if (!last) {
    bpf_map_update_elem(&rates, &to, &now, BPF_ANY);
    return 0;
  }
  struct record* r = bpf_ringbuf_reserve(&audit, sizeof(*r), 0);
#if FAULT == 3
  r->when = now;
#endif
  if (!r) return 0;
  r->when = now;
  r->from = from;
  r->to = to;
  r->code = ctx->code;
  r->severity = severity.of[signal];
#if FAULT == 1
  if (from == to) return 0;
#endif
  if (from == to || now - *last < 1000000) {
#if FAULT == 4
    bpf_ringbuf_discard(last, 0);
#else
    bpf_ringbuf_discard(r, 0);
#endif
#if FAULT != 5
    return 0;
#endif
  }
  *last = now;
  bpf_ringbuf_submit(r, 0);
  return 0;
}

char _license[] SEC("license") = "GPL";
