// SPDX-License-Identifier: Apache-2.0
// Ring-buffer records whose wake-up depends on how full the buffer is, two kinds in one buffer.
// fault 1: reference-leak: the second record replaces the first one before that is submitted
// fault 2: map-bounds: the short record is filled in as if it were the long one
// fault 3: null-check: only one of the two reservations is checked
// fault 4: helper-argument: the buffer is asked for its fill through the record
// fault 5: reference-leak: the long record is left when the short one cannot be had
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct short_record {
  __u64 id;
  __u64 when;
};

struct long_record {
  struct short_record base;
  char comm[16];
  __u64 arguments[4];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 15);
} records SEC(".maps");

const volatile __u64 wake_at = 4096;
__u64 lost;

static __always_inline __u64 wakeup(void) {
  __u64 filled = bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA);
  return filled >= wake_at ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

SEC("raw_tp/sys_enter")
int adaptive_wakeup(struct bpf_raw_tracepoint_args* ctx) {
  __u64 id = bpf_get_current_pid_tgid();
  struct long_record* l = bpf_ringbuf_reserve(&records, sizeof(*l), 0);
  if (!l) {
    lost++;
    return 0;
  }
  l->base.id = id;
  l->base.when = bpf_ktime_get_ns();
  bpf_get_current_comm(l->comm, sizeof(l->comm));
  for (int i = 0; i < 4; i++) l->arguments[i] = i;
#if FAULT == 1
  l = bpf_ringbuf_reserve(&records, sizeof(*l), 0);
  if (!l) return 0;
#endif
  struct short_record* s = bpf_ringbuf_reserve(&records, sizeof(*s), 0);
#if FAULT != 3
  if (!s) {
#if FAULT != 5
    bpf_ringbuf_submit(l, 0);
#endif
    return 0;
  }
#endif
  s->id = id;
  s->when = ctx->args[1];
#if FAULT == 2
  bpf_get_current_comm(((struct long_record*)s)->comm, 16);
#endif
#if FAULT == 4
  __u64 filled = bpf_ringbuf_query(s, BPF_RB_AVAIL_DATA);
  bpf_ringbuf_submit(s, filled > wake_at ? BPF_RB_FORCE_WAKEUP : 0);
#else
  bpf_ringbuf_submit(s, BPF_RB_NO_WAKEUP);
#endif
  bpf_ringbuf_submit(l, wakeup());
  return 0;
}

char _license[] SEC("license") = "GPL";
