// SPDX-License-Identifier: Apache-2.0
// Counts system calls in a .bss table by a masked number, and marks rare ones in a bitmap.
// fault 1: map-bounds: the mask is the table's size
// fault 2: map-bounds: the bitmap is indexed by the call, not by its word
// fault 3: read-only-write: the mask of watched calls is cleared once seen
// fault 4: context-access: the call's number is read with four bytes at an odd offset
// fault 5: termination: the decay of the counts waits for a count to become zero
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define CALLS 512

struct enter_args {
  __u64 common;
  __s64 number;
  __u64 arguments[6];
};

const volatile __u64 watched[CALLS / 64] = {~0ull, 0xff00ff00ff00ff00ull};

struct {
  __u32 calls[CALLS];
} counts SEC(".bss.counts");

struct {
  __u64 words[CALLS / 64];
} seen SEC(".bss.seen");

SEC("tracepoint/raw_syscalls/sys_enter")
int call_counts(struct enter_args* ctx) {
#if FAULT == 4
  __u64 number = *(volatile __u32*)((char*)ctx + 13);
#else
  __u64 number = ctx->number;
#endif
#if FAULT == 1
  number &= CALLS;
#else
  number &= CALLS - 1;
#endif
  asm volatile("" : "+r"(number));
#if FAULT != 1
  number &= CALLS - 1;
#endif
#if FAULT == 2
  __u64 word = number;
#else
  __u64 word = number / 64;
#endif
#if FAULT == 1
  counts.calls[number] += word;
#else
  __u64 bit = 1ull << (number & 63);
  if (!(watched[number / 64] & bit)) return 0;
  seen.words[word] |= bit;
#if FAULT == 3
  __u64* mask = (__u64*)&watched[word];
  asm volatile("" : "+r"(mask));
  *mask &= ~bit;
#endif
  __u32 count = ++counts.calls[number];
#if FAULT == 5
  while (count > 1000000) {
    count = *(volatile __u32*)&counts.calls[number];
    counts.calls[number] = count;
  }
#else
  if (count > 1000000) counts.calls[number] = count / 2;
#endif
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
