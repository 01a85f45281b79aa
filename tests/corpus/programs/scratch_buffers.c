// SPDX-License-Identifier: Apache-2.0
// Per-CPU LRU scratch space: a struct too large for the stack is built there and then sent.
// fault 1: null-check: the scratch space is looked up, inserted if missing, and used at once
// fault 2: stack-bounds: the smaller copy on the stack is sent with the larger one's size
// fault 3: map-bounds: the path's part is read to its end from its middle
// fault 4: type-confusion: the scratch's own pointer is kept in it and followed
// fault 5: helper-argument: the scratch space is deleted by its value in place of its key
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define PARTS 4
#define PART 256

struct scratch {
  __u64 id;
  __u64 kept;
  char parts[PARTS][PART];
};

struct summary {
  __u64 id;
  char first[32];
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct scratch);
} scratches SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} output SEC(".maps");

static const struct scratch empty;

SEC("kprobe/link_files")
int scratch_buffers(struct pt_regs* ctx) {
  __u64 id = bpf_get_current_pid_tgid();
  __u32 key = id >> 32;
  struct scratch* s = bpf_map_lookup_elem(&scratches, &key);
  if (!s) {
    bpf_map_update_elem(&scratches, &key, &empty, BPF_ANY);
    s = bpf_map_lookup_elem(&scratches, &key);
#if FAULT != 1
    if (!s) return 0;
#endif
  }
  s->id = id;
#if FAULT == 4
  struct scratch* other = (struct scratch*)s->kept;
  other->id = id;
#endif
  const char* names[2] = {(const char*)PT_REGS_PARM2(ctx), (const char*)PT_REGS_PARM4(ctx)};
  for (int i = 0; i < 2; i++) {
#if FAULT == 3
    char* to = &s->parts[0][0] + (i + 2) * PART + PART / 2;
    asm volatile("" : "+r"(to));
    bpf_probe_read_kernel_str(to, PART, names[i]);
#else
    bpf_probe_read_kernel_str(s->parts[i], PART, names[i]);
#endif
  }
  struct summary summary = {.id = id};
  __builtin_memcpy(summary.first, s->parts[0], sizeof(summary.first));
#if FAULT == 2
  bpf_perf_event_output(ctx, &output, BPF_F_CURRENT_CPU, &summary, sizeof(*s));
#else
  bpf_perf_event_output(ctx, &output, BPF_F_CURRENT_CPU, &summary, sizeof(summary));
#endif
  bpf_perf_event_output(ctx, &output, BPF_F_CURRENT_CPU, s, sizeof(*s));
#if FAULT == 5
  bpf_map_delete_elem(&scratches, (void*)s->id);
#else
  bpf_map_delete_elem(&scratches, &key);
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
