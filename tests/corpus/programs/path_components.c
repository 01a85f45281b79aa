// SPDX-License-Identifier: Apache-2.0
// Splits the start of an opened path at its slashes: depth, longest component, and the extension.
// fault 1: stack-bounds: the extension is copied from the last dot without a limit
// fault 2: termination: the scan goes on for a component of length zero
// fault 3: helper-argument: the path is read with a size that may be negative
// fault 4: map-bounds: the depth is an index into the table of depths
// fault 5: context-access: the path's pointer is read by its lower half at an odd place
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define PATH 32
#define DEPTHS 16

struct enter_args {
  __u64 common;
  __s64 number;
  __s64 directory;
  const char* path;
  __s64 flags;
};

struct {
  __u64 opens[DEPTHS];
} depths SEC(".bss.depths");

struct {
  volatile __u64 depth, component, dot;
} scan SEC(".bss.scan");

__u64 longest;
char last_extension[8];

SEC("tracepoint/syscalls/sys_enter_openat")
int path_components(struct enter_args* ctx) {
  char path[PATH] = {};
#if FAULT == 3
  if (bpf_probe_read_user_str(path, (__s32)ctx->flags, ctx->path) < 0) return 0;
#elif FAULT == 5
  const char* from = (const char*)(long)*(volatile __u32*)((char*)ctx + 26);
  if (bpf_probe_read_user_str(path, PATH, from) < 0) return 0;
#else
  if (bpf_probe_read_user_str(path, PATH, ctx->path) < 0) return 0;
#endif
  scan.depth = scan.component = scan.dot = 0;
#if FAULT == 2
  for (volatile __u64 i = 0; path[i & (PATH - 1)];) {
    char c = path[i & (PATH - 1)];
    i += scan.component + scan.dot;
#else
  for (__u64 i = 0; i < PATH; i++) {
    char c = path[i];
    if (!c) break;
#endif
    scan.component++;
    if (c == '.') scan.dot = i;
    if (c != '/') continue;
    scan.depth++;
    scan.dot = 0;
    if (scan.component > longest) longest = scan.component;
    scan.component = 0;
  }
  __u64 depth = scan.depth, dot = scan.dot;
  asm volatile("" : "+r"(depth), "+r"(dot) : : "memory");
  if (dot) {
#if FAULT == 1
    *(__u64*)last_extension = *(__u64*)&path[(dot & 255) & ~7ull];
#else
    for (__u64 i = 0; i < sizeof(last_extension); i++)
      last_extension[i] = path[(dot + i) & (PATH - 1)];
#endif
  }
#if FAULT != 4
  if (depth >= DEPTHS) depth = DEPTHS - 1;
#endif
  depths.opens[depth]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
