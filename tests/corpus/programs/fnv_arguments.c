// SPDX-License-Identifier: Apache-2.0
// FNV-1a over a copied buffer of variable length, to find repeated writes.
// fault 1: map-bounds: the hash loop runs to the caller's count, not to the copy's length
// fault 2: null-check: the slot of the hash is not checked
// fault 3: helper-argument: the length is masked after the copy
// fault 4: map-bounds: the copy starts in the middle of the buffer with the full length
// fault 5: type-confusion: the loop hashes the user's own buffer
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define COPY 256

struct write_args {
  __u64 common;
  __s64 number;
  __u64 fd;
  const char* buffer;
  __u64 count;
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u8[COPY]);
} copies SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, __u64);
} repeats SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_write")
int fnv_arguments(struct write_args* ctx) {
  __u32 zero = 0;
  __u8* copy = bpf_map_lookup_elem(&copies, &zero);
  if (!copy) return 0;
  __u64 count = ctx->count;
  __u64 length = count;
#if FAULT != 3
  length &= COPY - 1;
#endif
#if FAULT == 4
  long failed = bpf_probe_read_user(copy + COPY / 2, length, ctx->buffer);
#else
  long failed = bpf_probe_read_user(copy, length, ctx->buffer);
#endif
  if (failed) return 0;
#if FAULT == 3
  length &= COPY - 1;
#endif
  const __u8* bytes = copy;
#if FAULT == 5
  bytes = (const __u8*)ctx->buffer;
#endif
  __u64 hash = 14695981039346656037ull;
#if FAULT == 1
  for (__u64 i = 0; i < 2 * COPY; i++) {
    if (i >= count) break;
#else
  for (__u64 i = 0; i < COPY; i++) {
    if (i >= length) break;
#endif
    hash ^= bytes[i];
    hash *= 1099511628211ull;
  }
  __u64* repeat = bpf_map_lookup_elem(&repeats, &hash);
#if FAULT != 2
  if (!repeat) {
    __u64 one = 1;
    bpf_map_update_elem(&repeats, &hash, &one, BPF_ANY);
    return 0;
  }
#endif
  __sync_fetch_and_add(repeat, 1);
  return 0;
}

char _license[] SEC("license") = "GPL";
