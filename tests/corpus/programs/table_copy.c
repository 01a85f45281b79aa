// SPDX-License-Identifier: Apache-2.0
// A system call program that copies a window of one map's value into another's.
// fault 1: map-bounds: source and length are bounded, but not their sum
// fault 2: map-bounds: the destination's limit is that of the source
// fault 3: read-only-write: the copy goes the wrong way, into the program's read-only map
// fault 4: null-check: the table by the caller's number is not checked
// fault 5: helper-argument: the source is read by a helper with a length that wraps
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define FROM 1024
#define TO 256

struct request {
  __u32 table;
  __u32 from;
  __u32 to;
  __u32 length;
};

struct source {
  __u8 bytes[FROM];
};

struct target {
  __u8 bytes[TO];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_RDONLY_PROG);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, struct source);
} sources SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, struct target);
} targets SEC(".maps");

SEC("syscall")
int table_copy(struct request* ctx) {
  __u32 table = ctx->table;
  struct source* s = bpf_map_lookup_elem(&sources, &table);
  struct target* t = bpf_map_lookup_elem(&targets, &table);
#if FAULT == 4
  if (!t) return -1;
#else
  if (!s || !t) return -1;
#endif
  __u64 from = ctx->from, to = ctx->to, length = ctx->length;
  if (from >= FROM || length > FROM) return -2;
#if FAULT == 2
  if (to >= FROM) return -3;
#else
  if (to >= TO) return -3;
#endif
#if FAULT == 5
  if (bpf_probe_read_kernel(t->bytes, (long)(length - from), s->bytes)) return -4;
#endif
  for (__u64 i = 0; i < TO; i++) {
    if (i >= length) break;
    __u64 read = from + i, write = to + i;
    asm volatile("" : "+r"(read), "+r"(write));
#if FAULT != 1
    if (read >= FROM) break;
#endif
#if FAULT != 2
    if (write >= TO) break;
#endif
#if FAULT == 3
    s->bytes[read] = t->bytes[write];
#else
    t->bytes[write] = s->bytes[read];
#endif
  }
  return 0;
}

char _license[] SEC("license") = "GPL";
