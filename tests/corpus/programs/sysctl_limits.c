// SPDX-License-Identifier: Apache-2.0
// A sysctl program that parses the new value with bpf_strtol and holds it to a range.
// fault 1: return-range: the parsed value itself is returned
// fault 2: stack-bounds: the text is parsed from behind the number as far as the helper said
// fault 3: helper-argument: the result's place is a map, not a number
// fault 4: context-access: the write flag is set by the program
// fault 5: uninitialised: the text is parsed though it was never fetched
// linux: 6.3 and later accept fault 5 of a privileged program
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define TEXT 32

struct range {
  long least;
  long most;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct range);
} ranges SEC(".maps");

__u64 refused;

SEC("cgroup/sysctl")
int sysctl_limits(struct bpf_sysctl* ctx) {
#if FAULT == 5
  char text[TEXT];
#else
  char text[TEXT] = {};
#endif
  long value = 0;
  __u32 zero = 0;
  if (!ctx->write) return 1;
#if FAULT == 4
  ctx->write = 0;
#endif
#if FAULT != 5
  if (bpf_sysctl_get_new_value(ctx, text, sizeof(text)) < 0) return 0;
#endif
#if FAULT == 3
  long used = bpf_strtol(text, sizeof(text), 0, (long*)&ranges);
#else
  long used = bpf_strtol(text, sizeof(text), 0, &value);
#endif
  if (used <= 0) return 0;
  __u64 end = used;
  asm volatile("" : "+r"(end));
#if FAULT == 2
  if (end > 10 * TEXT) return 0;
#else
  if (end >= TEXT) return 0;
#endif
  if (text[end] && text[end] != '\n') return 0;
  struct range* r = bpf_map_lookup_elem(&ranges, &zero);
  if (!r) return 1;
#if FAULT == 1
  return value;
#else
  if (value >= r->least && value <= r->most) return 1;
  refused++;
  return 0;
#endif
}

char _license[] SEC("license") = "GPL";
