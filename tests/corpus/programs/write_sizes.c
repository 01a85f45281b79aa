// SPDX-License-Identifier: Apache-2.0
// Perf output of writes: a header and as much of the user's buffer as fits.
// fault 1: map-bounds: the length is compared with a limit larger than the payload
// fault 2: map-bounds: the length is only masked after the copy
// fault 3: context-access: the count in the context is shortened
// fault 4: helper-argument: the length may be negative, since it is compared as signed
// fault 5: type-confusion: the buffer's first byte is read directly
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define PAYLOAD 256

struct write_args {
  __u64 common;
  __s64 number;
  __u64 fd;
  const char* buffer;
  __u64 count;
};

struct record {
  __u64 id;
  __u32 fd;
  __u32 length;
  char payload[PAYLOAD];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct record);
} scratch SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} output SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_write")
int write_sizes(struct write_args* ctx) {
  __u32 zero = 0;
  struct record* r = bpf_map_lookup_elem(&scratch, &zero);
  if (!r) return 0;
#if FAULT == 3
  *(volatile __u64*)&ctx->count = PAYLOAD;
#endif
  r->id = bpf_get_current_pid_tgid();
  r->fd = ctx->fd;
#if FAULT == 5
  if (ctx->buffer[0] == 0) return 0;
#endif
#if FAULT == 4
  __s64 length = ctx->count;
  if (length > PAYLOAD) length = PAYLOAD;
#else
  __u64 length = ctx->count;
#if FAULT == 1
  if (length > 2 * PAYLOAD) length = 2 * PAYLOAD;
#elif FAULT != 2
  if (length > PAYLOAD) length = PAYLOAD;
#endif
#endif
  asm volatile("" : "+r"(length));
#if FAULT == 1
  if (length > 2 * PAYLOAD) return 0;
#elif FAULT == 4
  if (length > PAYLOAD) return 0;
#elif FAULT != 2
  if (length > PAYLOAD) return 0;
#else
  length &= 0xffff;
#endif
  if (bpf_probe_read_user(r->payload, length, ctx->buffer)) return 0;
  r->length = length;
#if FAULT == 2
  length &= PAYLOAD - 1;
#elif FAULT == 1 || FAULT == 4
  length = PAYLOAD;
#endif
  bpf_perf_event_output(ctx, &output, BPF_F_CURRENT_CPU, r, sizeof(*r) - PAYLOAD + length);
  return 0;
}

char _license[] SEC("license") = "GPL";
