// SPDX-License-Identifier: Apache-2.0
// Records of variable size through dynamic pointers in a ring buffer.
// fault 1: reference-leak: a reservation that failed is not discarded, as it must be
// fault 2: reference-leak: a record whose header cannot be written is forgotten
// fault 3: helper-argument: the submitted dynamic pointer was never reserved
// fault 4: map-bounds: the slice is used one word behind its length
// fault 5: null-check: the slice is used without a check
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define PAYLOAD 128

struct header {
  __u64 id;
  __u32 length;
  __u32 kind;
};

struct write_args {
  __u64 common;
  __s64 number;
  __u64 fd;
  const char* buffer;
  __u64 count;
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 16);
} records SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_write")
int dynptr_records(struct write_args* ctx) {
  struct bpf_dynptr record;
  __u64 length = ctx->count;
  if (length > PAYLOAD) length = PAYLOAD;
  struct header h = {.id = bpf_get_current_pid_tgid(), .length = length, .kind = 1};
  char payload[PAYLOAD] = {};
  if (bpf_probe_read_user(payload, sizeof(payload), ctx->buffer)) return 0;

#if FAULT == 3
  bpf_ringbuf_submit_dynptr(&record, 0);
  return 0;
#endif
  if (bpf_ringbuf_reserve_dynptr(&records, sizeof(h) + length, 0, &record)) {
#if FAULT != 1
    bpf_ringbuf_discard_dynptr(&record, 0);
#endif
    return 0;
  }
  if (bpf_dynptr_write(&record, 0, &h, sizeof(h), 0)) {
#if FAULT != 2
    bpf_ringbuf_discard_dynptr(&record, 0);
#endif
    return 0;
  }
  bpf_dynptr_write(&record, sizeof(h), payload, length, 0);
  __u32* kind = bpf_dynptr_data(&record, 8, 8);
#if FAULT == 4
  if (kind) *(volatile __u32*)(kind + 2) = 2;
#elif FAULT == 5
  kind[1] = 2;
#else
  if (kind) kind[1] = 2;
#endif
  bpf_ringbuf_submit_dynptr(&record, 0);
  return 0;
}

char _license[] SEC("license") = "GPL";
