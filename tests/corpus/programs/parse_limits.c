// SPDX-License-Identifier: Apache-2.0
// Parses "a=NUMBER b=NUMBER" from a writer's buffer by hand, with an overflow check.
// fault 1: stack-bounds: the name's letter is an index without its base taken off
// fault 2: termination: a character that is neither letter nor digit is never skipped
// fault 3: null-check: the limit found by the letter is not checked
// fault 4: stack-bounds: the copy's length is the writer's count
// fault 5: pointer-arithmetic: the difference of two numbers moves the buffer's pointer down
// linux: rejects at -O1 v1 v3, -O2 v1 and -Os v1 v2 v3: a million instructions, for many states
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define TEXT 64

struct write_args {
  __u64 common;
  __s64 number;
  __u64 fd;
  const char* buffer;
  __u64 count;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 26);
  __type(key, __u32);
  __type(value, __u64);
} limits SEC(".maps");

__u64 malformed;

SEC("tracepoint/syscalls/sys_enter_write")
int parse_limits(struct write_args* ctx) {
  char text[TEXT] = {};
  __u32 seen[26] = {};
  __u64 count = ctx->count;
#if FAULT == 4
  count &= 0xfff;
#else
  if (count > TEXT - 1) count = TEXT - 1;
#endif
  if (bpf_probe_read_user(text, count, ctx->buffer)) return 0;
  __u32 name = 0;
  __u64 value = 0;
#if FAULT == 2
  for (volatile __u64 i = 0; i < TEXT;) {
    char c = text[i & (TEXT - 1)];
    if (c >= '0' && c <= 'z') i++;
#else
  for (__u64 i = 0; i < TEXT; i++) {
    char c = text[i];
    if (!c) break;
#endif
    if (c >= 'a' && c <= 'z') {
      name = c - 'a';
      value = 0;
#if FAULT == 1
      __u64 letter = (__u8)c;
#else
      __u64 letter = name;
#endif
      asm volatile("" : "+r"(letter));
#if FAULT != 1
      if (letter < 26)
#endif
        seen[letter]++;
    } else if (c >= '0' && c <= '9') {
      value = value * 10 + (c - '0');
      if (value > 1000000) malformed++;
    }
  }
#if FAULT == 5
  char* at = text + ((__s64)value - (__s64)ctx->fd);
  asm volatile("" : "+r"(at));
  malformed += *at;
#endif
  __u64* limit = bpf_map_lookup_elem(&limits, &name);
#if FAULT == 3
  *limit = value;
#else
  if (limit) *limit = value;
#endif
  malformed += seen[0] > 1;
  return 0;
}

char _license[] SEC("license") = "GPL";
