// SPDX-License-Identifier: Apache-2.0
// Collects a file's optional attributes in an array and reports the last one of them.
// safe: some bit of the mask is set, so at least one attribute was collected
// fault 1: uninitialised: the mask that is tested has a bit more than those collected
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct open_args {
  __u64 common;
  __s64 number;
  __u64 name;
  __u64 flags;
  __u64 mode;
};

#if FAULT == 1
#define KNOWN 0xf
#else
#define KNOWN 0x7
#endif

__u64 last;

SEC("tracepoint/syscalls/sys_enter_open")
int last_attribute(struct open_args* ctx) {
  __u64 attributes[4] = {};
  __u64 flags = ctx->flags;
  __u64 count = 0;
  attributes[count & 3] = ctx->mode;
  count += flags & 1;
  attributes[count & 3] = ctx->name;
  count += flags >> 1 & 1;
  attributes[count & 3] = ctx->number;
  count += flags >> 2 & 1;
  if (!(flags & KNOWN)) return 0;
  __u64 index = count - 1;
  asm volatile("" : "+r"(index));
  last = attributes[index];
  return 0;
}

char _license[] SEC("license") = "GPL";
