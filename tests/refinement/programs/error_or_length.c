// SPDX-License-Identifier: Apache-2.0
// Counts the last characters of the names that are executed, where they can be read.
// safe: the helper returns at most 32: without an error n is 2 to 32
// fault 1: stack-bounds: the test is for one error only
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define EFAULT 14

struct exec_args {
  __u64 common;
  __s64 number;
  const char* name;
};

__u64 endings[256];

SEC("tracepoint/syscalls/sys_enter_execve")
int error_or_length(struct exec_args* ctx) {
  char name[32] = {};
  __s64 n = bpf_probe_read_user_str(name, sizeof(name), ctx->name);
  __s32 error = (__s32)(n >> 32) | (__s32)(n >> 1 == 0);
  asm volatile("" : "+r"(error));
#if FAULT == 1
  if (error == -EFAULT) return 0;
#else
  if (error != 0) return 0;
#endif
  __u64 at = (__u32)n - 2;
  asm volatile("" : "+r"(at));
  endings[(__u8)name[at]]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
