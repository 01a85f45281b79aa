// SPDX-License-Identifier: Apache-2.0
// Knuth, Morris and Pratt's search for a pattern from a map in the start of a written buffer.
// fault 1: map-bounds: the failure table's entry is trusted as a state
// fault 2: termination: falling back stops only when the characters agree
// fault 3: map-bounds: the pattern's length in the map is not limited
// fault 4: helper-argument: the buffer is filled with the pattern's length times the count
// fault 5: null-check: the pattern of the user is not checked
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define TEXT 64
#define PATTERN 16

struct write_args {
  __u64 common;
  __s64 number;
  __u64 fd;
  const char* buffer;
  __u64 count;
};

struct pattern {
  __u64 length;
  __u64 found;
  __u64 state;
  __u8 text[PATTERN];
  __u8 fallback[PATTERN];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct pattern);
} patterns SEC(".maps");

static __always_inline __u64 advance(struct pattern* p, __u64 state, __u8 c) {
#if FAULT == 2
  for (volatile __u64 s = state;; s = p->fallback[s % PATTERN]) {
    if (p->text[s % PATTERN] == c) return s + 1;
  }
#else
  for (int i = 0; i < 3; i++) {
#if FAULT == 1
    asm volatile("" : "+r"(state));
    if (p->fallback[state] == c) return state + 1;
#else
    state %= PATTERN;
    if (p->text[state] == c) return state + 1;
#endif
    if (state == 0) return 0;
    state = p->fallback[state];
  }
  return 0;
#endif
}

SEC("tracepoint/syscalls/sys_enter_write")
int pattern_search(struct write_args* ctx) {
  __u32 user = bpf_get_current_uid_gid();
  struct pattern* p = bpf_map_lookup_elem(&patterns, &user);
#if FAULT != 5
  if (!p) return 0;
#endif
  char text[TEXT] = {};
#if FAULT == 4
  bpf_probe_read_user(text, p->length * ctx->count, ctx->buffer);
#else
  bpf_probe_read_user(text, sizeof(text), ctx->buffer);
#endif
  __u64 length = p->length;
#if FAULT == 3
  asm volatile("" : "+r"(length));
  p->text[length] = 0;
#else
  if (length == 0 || length > PATTERN) return 0;
#endif
  p->state = 0;
  for (int i = 0; i < TEXT; i++) {
    *(volatile __u64*)&p->state = advance(p, *(volatile __u64*)&p->state, text[i]);
    if (*(volatile __u64*)&p->state < length) continue;
    p->found++;
    p->state = 0;
  }
  return 0;
}

char _license[] SEC("license") = "GPL";
