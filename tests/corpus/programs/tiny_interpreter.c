// SPDX-License-Identifier: Apache-2.0
// Interprets a program of bytes from a map, one instruction a round of bpf_loop.
// fault 1: map-bounds: the stack pointer of the interpreted program is not masked
// fault 2: map-bounds: the program counter is checked before it is moved
// fault 3: return-range: the interpreted result ends the loop as its return value
// fault 4: map-bounds: the memory's address is a whole word
// fault 5: stack-depth: the callback's scratch and the caller's trace do not fit together
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define CODE 256
#define MEMORY 64
#define STACK 16

enum { kHalt, kPush, kPop, kLoad, kStore, kAdd, kJumpIf };

struct program {
  __u8 code[CODE];
};

struct memory {
  __u64 cells[MEMORY];
};

struct machine {
  __u64 stack[STACK];
  __u64 sp;
  __u64 pc;
};

struct request {
  __u32 program;
  __u32 rounds;
  __u64 result;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, struct program);
} programs SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, struct memory);
} memories SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 8);
  __type(key, __u32);
  __type(value, struct machine);
} machines SEC(".maps");

static long step(__u32 round, __u32* program) {
  __u32 key = *program;
  struct program* p = bpf_map_lookup_elem(&programs, &key);
  struct memory* memory = bpf_map_lookup_elem(&memories, &key);
  struct machine* m = bpf_map_lookup_elem(&machines, &key);
  if (!p || !memory || !m) return 1;
#if FAULT == 5
  volatile __u8 scratch[320];
  scratch[round & 255] = m->sp;
  m->pc += scratch[m->sp & 255];
#endif
  __u64 pc = m->pc;
#if FAULT == 2
  if (pc >= CODE) return 1;
  __u64 code = p->code[pc + 1], operand = p->code[pc];
#else
  __u64 code = p->code[pc % CODE], operand = p->code[(pc + 1) % CODE];
#endif
  m->pc += 2;
#if FAULT == 1
  __u64 sp = m->sp;
  asm volatile("" : "+r"(sp));
#else
  __u64 sp = m->sp % STACK;
#endif
  __u64 top = m->stack[sp];
#if FAULT != 4
  operand %= MEMORY;
#endif
  if (code == kHalt) {
#if FAULT == 3
    return top;
#else
    return 1;
#endif
  }
  if (code == kPush) m->stack[++m->sp % STACK] = operand;
  if (code == kPop) m->sp--;
  if (code == kLoad) m->stack[++m->sp % STACK] = memory->cells[operand];
  if (code == kStore) memory->cells[operand] = top;
  if (code == kAdd) m->stack[(m->sp - 1) % STACK] += top;
  if (code == kJumpIf && top) m->pc = operand;
  return 0;
}

SEC("syscall")
int tiny_interpreter(struct request* ctx) {
  __u32 key = ctx->program;
#if FAULT == 5
  volatile __u8 trace[256];
  trace[ctx->rounds & 255] = key;
#endif
  struct machine* m = bpf_map_lookup_elem(&machines, &key);
  if (!m) return -1;
  m->sp = m->pc = 0;
  bpf_loop(ctx->rounds & 0xffff, step, &key, 0);
  ctx->result = m->stack[m->sp % STACK];
#if FAULT == 5
  ctx->result += trace[key & 255];
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
