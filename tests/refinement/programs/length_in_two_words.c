// SPDX-License-Identifier: Apache-2.0
// Takes a 64-bit length apart: refuses it if its upper word is not 0 or its lower one is above 32.
// safe: both words were checked, so the length is their number
// fault 1: stack-bounds: the upper word is checked for a sign only
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct sendto_args {
  __u64 common;
  __s64 number;
  __u64 socket;
  __u64 buffer;
  __u64 length;
};

__u64 endings[256];

SEC("tracepoint/syscalls/sys_enter_sendto")
int length_in_two_words(struct sendto_args* ctx) {
  char text[32] = {};
  __u64 length = ctx->length;
  __u32 lower = length;
  __u32 upper = length >> 32;
  asm volatile("" : "+r"(lower), "+r"(upper));
#if FAULT == 1
  if ((__s32)upper < 0) return 0;
#else
  if (upper != 0) return 0;
#endif
  if (lower > sizeof(text) || lower == 0) return 0;
  if (bpf_probe_read_user(text, sizeof(text), (void*)ctx->buffer) < 0) return 0;
  endings[(__u8)text[length - 1]]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
