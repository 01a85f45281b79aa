// SPDX-License-Identifier: Apache-2.0
// Gathers up to twenty arguments of execve one after another in a per-CPU buffer.
// fault 1: map-bounds: the space left is not looked at before an argument is read
// fault 2: helper-argument: the output is called without the context
// fault 3: type-confusion: argv is walked in user memory without a helper
// fault 4: map-bounds: the offsets are indexed from the call's number on
// fault 5: helper-argument: a negative length is passed on as a size
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define ARGUMENTS 20
#define TEXT 2048
#define LONGEST 128

struct enter_args {
  __u64 common;
  __s64 number;
  const char* file;
  const char* const* argv;
  const char* const* envp;
};

struct arguments {
  __u32 count;
  __u32 used;
  __u32 offsets[ARGUMENTS];
  char text[TEXT];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct arguments);
} buffers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} output SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_execve")
int exec_arguments(struct enter_args* ctx) {
  __u32 zero = 0;
  struct arguments* a = bpf_map_lookup_elem(&buffers, &zero);
  if (!a) return 0;
  __u32 used = 0;
  a->count = 0;
  for (__u32 i = 0; i < ARGUMENTS; i++) {
#if FAULT == 4
    a->offsets[ctx->number + i] = used;
#else
    a->offsets[i] = used;
#endif
    const char* argument = 0;
#if FAULT == 3
    argument = ((const char* const volatile*)ctx->argv)[i];
#else
    bpf_probe_read_user(&argument, sizeof(argument), &ctx->argv[i]);
#endif
    if (!argument) break;
#if FAULT != 1
    if (used > TEXT - LONGEST) break;
#endif
    long n = bpf_probe_read_user_str(&a->text[used], LONGEST, argument);
    if (n < 0 || n > LONGEST) break;
    used += n;
    a->count++;
  }
  a->used = used;
#if FAULT == 5
  long size = (long)used - bpf_get_prandom_u32();
#else
  long size = used & (TEXT - 1);
#endif
#if FAULT == 2
  ctx = 0;
#endif
  bpf_perf_event_output(ctx, &output, BPF_F_CURRENT_CPU, a->text, size);
  return 0;
}

char _license[] SEC("license") = "GPL";
