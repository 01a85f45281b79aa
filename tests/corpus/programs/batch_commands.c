// SPDX-License-Identifier: Apache-2.0
// A system call program: runs a batch of up to sixteen commands on a small register file.
// fault 1: stack-bounds: the destination register is not masked
// fault 2: context-access: the command is read behind the context's size
// fault 3: stack-bounds: the source register is compared with a limit for bytes
// fault 4: null-check: a stored register is written without a check
// fault 5: termination: a jump of the batch goes backwards as often as it likes
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define COMMANDS 16
#define REGISTERS 8

enum { kSet, kAdd, kMultiply, kStore, kSkip };

struct command {
  __u8 code;
  __u8 to;
  __u8 from;
  __u8 unused;
  __u32 immediate;
};

struct batch {
  __u64 result;
  struct command commands[COMMANDS];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 32);
  __type(key, __u32);
  __type(value, __u64);
} memory SEC(".maps");

static __noinline int store(__u32 at, __u64 value) {
  __u64* cell = bpf_map_lookup_elem(&memory, &at);
#if FAULT != 4
  if (!cell) return 0;
#endif
  *cell = value;
  return 1;
}

SEC("syscall")
int batch_commands(struct batch* ctx) {
  __u64 registers[REGISTERS] = {};
  int result = 0;
#if FAULT == 5
  for (volatile __u32 i = 0; i < COMMANDS;) {
    __u64 raw = *(volatile __u64*)&ctx->commands[0];
    i += raw & 1;
#elif FAULT == 2
  for (int i = 0; i < COMMANDS; i++) {
    __u64 raw = *(volatile __u64*)((char*)ctx + 65536 + i * 8);
#else
#pragma clang loop unroll(full)
  for (int i = 0; i < COMMANDS; i++) {
    __u64 raw = *(volatile __u64*)&ctx->commands[i];
#endif
    __u32 code = raw & 0xff;
    __u64 to = (raw >> 8) & 0xff, from = (raw >> 16) & 0xff;
    __u64 immediate = raw >> 32;
    asm volatile("" : "+r"(to), "+r"(from));
    result = -1;
#if FAULT != 1
    if (to >= REGISTERS) break;
#endif
#if FAULT == 3
    if (from >= REGISTERS * 8) break;
#else
    if (from >= REGISTERS) break;
#endif
    __u64 value = ((volatile __u64*)registers)[from];
    if (code == kSet) value = immediate;
    if (code == kAdd) value += immediate;
    if (code == kMultiply) value *= immediate;
    if (code == kStore && !store(immediate, value)) break;
    ((volatile __u64*)registers)[to] = value;
    result = 0;
  }
  ctx->result = ((volatile __u64*)registers)[0];
  return result;
}

char _license[] SEC("license") = "GPL";
