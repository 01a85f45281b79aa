// SPDX-License-Identifier: Apache-2.0
// Finds the last slash of a path and counts names by their first character behind it.
// safe: the string has its end within 32 bytes, and the slash stands before it
// fault 1: stack-bounds: the string's end is not put behind what was read
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct open_args {
  __u64 common;
  __s64 number;
  const char* name;
};

__u64 names[256];

SEC("tracepoint/syscalls/sys_enter_open")
int text_scan(struct open_args* ctx) {
  char path[32] = {};
  bpf_probe_read_user(path, sizeof(path), ctx->name);
#if FAULT != 1
  path[sizeof(path) - 1] = 0;
#endif
  __u64 slash = 0;
  for (__u64 i = 0; i < sizeof(path); i++) {
    if (path[i] == 0) break;
    if (path[i] == '/') slash = i + 1;
  }
  names[(__u8)path[slash]]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
