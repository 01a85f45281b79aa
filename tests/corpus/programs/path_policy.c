// SPDX-License-Identifier: Apache-2.0
// An LPM trie of path prefixes: the longest matching prefix decides how opens are counted.
// fault 1: null-check: a path without any matching prefix is counted
// fault 2: stack-bounds: the path is read with the trie's largest size, not the key's
// fault 3: helper-argument: a queue's operation is used on the trie
// fault 4: map-bounds: the class of the prefix selects a counter without a limit
// fault 5: uninitialised: the key's text is not read at all before the lookup
// linux: 6.3 and later accept fault 5 of a privileged program
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define TEXT 32
#define CLASSES 8

struct enter_args {
  __u64 common;
  __s64 number;
  __s64 directory;
  const char* path;
};

struct prefix {
  __u32 bits;
  char text[TEXT];
};

struct policy {
  __u32 class;
  __u32 flags;
};

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 1024);
  __type(key, struct prefix);
  __type(value, struct policy);
} policies SEC(".maps");

struct {
  __u64 by_class[CLASSES];
} opens SEC(".data.opens");

SEC("tracepoint/syscalls/sys_enter_openat")
int path_policy(struct enter_args* ctx) {
#if FAULT == 5
  struct prefix p;
  p.bits = TEXT * 8;
  long n = 1;
#else
  struct prefix p = {.bits = TEXT * 8};
#if FAULT == 2
  long n = bpf_probe_read_user_str(p.text, 512, ctx->path);
#else
  long n = bpf_probe_read_user_str(p.text, sizeof(p.text), ctx->path);
#endif
#endif
  if (n <= 0) return 0;
#if FAULT == 3
  struct policy* found = (void*)bpf_map_peek_elem(&policies, &p);
#else
  struct policy* found = bpf_map_lookup_elem(&policies, &p);
#endif
#if FAULT != 1
  if (!found) return 0;
#endif
  __u64 class = found->class;
  asm volatile("" : "+r"(class));
#if FAULT != 4
  if (class >= CLASSES) return 0;
#endif
  opens.by_class[class]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
