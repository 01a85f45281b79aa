// SPDX-License-Identifier: Apache-2.0
// A sysctl program that allows writes only below a prefix of the name, and logs the others.
// fault 1: reference-leak: a refused write leaves its record unsubmitted
// fault 2: null-check: the record is filled in though the buffer may be full
// fault 3: return-range: minus one is returned for a name that cannot be read
// fault 4: stack-bounds: the name is read with the size of the record
// fault 5: context-access: the file position is written as eight bytes
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define NAME 64

struct record {
  __u64 when;
  __u32 position;
  __u32 length;
  char name[NAME];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 8192);
} refusals SEC(".maps");

static const char prefix[] = "net/ipv4/";

SEC("cgroup/sysctl")
int sysctl_names(struct bpf_sysctl* ctx) {
  char name[NAME] = {};
  if (!ctx->write) return 1;
#if FAULT == 4
  long n = bpf_sysctl_get_name(ctx, name, sizeof(struct record), 0);
#else
  long n = bpf_sysctl_get_name(ctx, name, sizeof(name), 0);
#endif
#if FAULT == 3
  if (n < 0) return -1;
#else
  if (n < 0) return 0;
#endif
  int same = 1;
  for (int i = 0; i < sizeof(prefix) - 1; i++)
    if (name[i] != prefix[i]) same = 0;
  if (same) {
#if FAULT == 5
    *(volatile __u64*)&ctx->file_pos = 0;
#else
    ctx->file_pos = 0;
#endif
    return 1;
  }
  struct record* r = bpf_ringbuf_reserve(&refusals, sizeof(*r), 0);
#if FAULT != 2
  if (!r) return 0;
#endif
  r->when = bpf_ktime_get_boot_ns();
  r->position = ctx->file_pos;
  r->length = n;
  __builtin_memcpy(r->name, name, NAME);
#if FAULT == 1
  if (r->position == 0) bpf_ringbuf_submit(r, 0);
#else
  bpf_ringbuf_submit(r, 0);
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
