// SPDX-License-Identifier: Apache-2.0
// An LRU cache of recently opened paths, keyed by their hash.
// fault 1: null-check: a miss is treated as a hit
// fault 2: stack-bounds: the hash takes in the byte behind the string, even at the buffer's end
// fault 3: map-bounds: the generation indexes the history unmasked
// fault 4: helper-argument: the path is read with the flags of the call as its size
// fault 5: termination: the loop over the path stops at a slash, which need not come
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define PATH 128
#define HISTORY 8

struct enter_args {
  __u64 common;
  __s64 number;
  __s64 directory;
  const char* path;
  __s64 flags;
};

struct entry {
  __u64 opens;
  __u64 history[HISTORY];
  char path[PATH];
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, __u64);
  __type(value, struct entry);
} recent SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct entry);
} fresh SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_openat")
int recent_files(struct enter_args* ctx) {
  char path[PATH] = {};

#if FAULT == 4
  long want = ctx->flags;
  long n = bpf_probe_read_user_str(path, want, ctx->path);
#else
  long n = bpf_probe_read_user_str(path, sizeof(path), ctx->path);
#endif
  if (n <= 0) return 0;
#if FAULT != 2
  if (n > PATH) return 0;
#endif
  __u64 hash = 14695981039346656037ull;
#if FAULT == 5
  for (volatile __u32 i = 0; path[i & (PATH - 1)] != '/'; i++)
    hash = (hash ^ (__u8)path[i & (PATH - 1)]) * 1099511628211ull;
#elif FAULT == 2
  hash ^= *(volatile char*)&path[n];
#else
  for (int i = 0; i < PATH && i < n; i++) hash = (hash ^ (__u8)path[i]) * 1099511628211ull;
#endif
  struct entry* e = bpf_map_lookup_elem(&recent, &hash);
#if FAULT != 1
  if (!e) {
    __u32 zero = 0;
    e = bpf_map_lookup_elem(&fresh, &zero);
    if (!e) return 0;
    e->opens = 1;
    __builtin_memcpy(e->path, path, PATH);
    bpf_map_update_elem(&recent, &hash, e, BPF_ANY);
    return 0;
  }
#endif
#if FAULT == 3
  e->history[e->opens] = bpf_ktime_get_ns();
#else
  e->history[e->opens % HISTORY] = bpf_ktime_get_ns();
#endif
  e->opens++;
  return 0;
}

char _license[] SEC("license") = "GPL";
