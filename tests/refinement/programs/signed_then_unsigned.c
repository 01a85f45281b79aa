// SPDX-License-Identifier: Apache-2.0
// Stores a process's nice value, -20 to 19, at its place in a table; it comes as 64 bits of a call.
// safe: the lower half, sign-extended, is -20 to 19, and only the lower half is used
// fault 1: map-bounds: the upper half is used, too
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct setpriority_args {
  __u64 common;
  __s64 number;
  __u64 which;
  __u64 who;
  __u64 nice;
};

struct {
  __u64 counts[40];
} nices SEC(".bss.nices");

SEC("tracepoint/syscalls/sys_enter_setpriority")
int signed_then_unsigned(struct setpriority_args* ctx) {
  __u64 argument = ctx->nice;
  __s64 nice = (__s64)(argument << 32) >> 32;
  asm volatile("" : "+r"(nice));
  if (nice > 19 || nice < -20) return 0;
#if FAULT == 1
  __u64 place = argument + 20;
#else
  __u64 place = (__u32)argument + 20 & 0xffffffff;
#endif
  nices.counts[place]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
