// SPDX-License-Identifier: Apache-2.0
// A log2 histogram of read sizes by a loop over the bits, kept in global memory.
// fault 1: map-bounds: the row of the process is used unmasked
// fault 2: map-bounds: the column is multiplied with the number of rows
// fault 3: termination: the loop shifts the value only when its lowest bit is set
// fault 4: pointer-arithmetic: the address of the row is aligned with a mask
// fault 5: context-access: the result is taken from behind the last field as a misaligned word
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define ROWS 64
#define COLUMNS 33

struct exit_args {
  __u64 common;
  __s64 number;
  __s64 result;
};

__u32 table[ROWS][COLUMNS];
__u64 failures;

static __noinline __u32 bits_in(__u32 value) {
  __u32 n = 0;
#if FAULT == 3
  while (value) {
    if (value & 1) value >>= 1;
    asm volatile("" : "+r"(value));
    n++;
  }
#else
  for (int i = 0; i < 32 && value; i++) {
    value >>= 1;
    n++;
  }
#endif
  return n;
}

SEC("tracepoint/syscalls/sys_exit_read")
int size_histogram(struct exit_args* ctx) {
#if FAULT == 5
  __s64 result = *(volatile __s64*)((char*)ctx + 20);
#else
  __s64 result = ctx->result;
#endif
  if (result < 0) {
    failures++;
    return 0;
  }
  __u32 row = bpf_get_current_pid_tgid() >> 32;
#if FAULT != 1
  row &= ROWS - 1;
#endif
  __u32 column = bits_in(result);
  asm volatile("" : "+r"(column));
#if FAULT == 2
  if (column > COLUMNS + 64) return 0;
#else
  if (column >= COLUMNS) return 0;
#endif
  __u32* counts = table[row];
#if FAULT == 4
  counts = (__u32*)((__u64)counts & ~7ull);
  asm volatile("" : "+r"(counts));
#endif
#if FAULT == 2
  counts[column * ROWS]++;
#else
  counts[column]++;
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
