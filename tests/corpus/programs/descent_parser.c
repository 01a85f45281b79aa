// SPDX-License-Identifier: Apache-2.0
// A parser by recursive descent for sums of products, each level a subprogram of its own.
// fault 1: stack-depth: a term keeps a buffer, and with the caller's it is too much
// fault 2: stack-depth: parentheses are parsed by calling the first level again
// fault 3: stack-bounds: the position is not masked before a character is read
// fault 4: termination: digits are read until something else comes, and the position wraps
// fault 5: map-bounds: the character's class is looked up with the sign bit kept
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define TEXT 64

struct request {
  __u32 input;
  __u32 start;
  __u64 value;
};

struct input {
  char text[TEXT];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct input);
} inputs SEC(".maps");

struct parser {
  char text[TEXT];
  __u64 at;
};

struct {
  __u8 of[128];
} class SEC(".rodata.class") = {{['0' ... '9'] = 1, ['+'] = 2, ['*'] = 3}};

static __always_inline __u8 peek(const struct parser* p) {
#if FAULT == 3
  return *(const volatile char*)&p->text[p->at];
#else
  return *(const volatile char*)&p->text[p->at % TEXT];
#endif
}

static __always_inline void advance(struct parser* p) {
#if FAULT == 3
  p->at++;
#else
  p->at = (p->at + 1) % TEXT;
#endif
}

static __always_inline __u32 class_of(__u8 c) {
#if FAULT == 5
  __s64 index = (__s8)c;
#else
  __u64 index = c & 127;
#endif
  asm volatile("" : "+r"(index));
#if FAULT != 5
  index &= 127;
#endif
  return class.of[index];
}

static __noinline __u64 number(struct parser* p) {
  __u64 value = 0;
#if FAULT == 4
  while (class_of(peek(p)) == 1) {
#else
  for (int i = 0; i < 6; i++) {
    if (class_of(peek(p)) != 1) break;
#endif
    value = value * 10 + (peek(p) & 15);
    advance(p);
  }
  return value;
}

#if FAULT == 2
static __noinline __u64 sum(struct parser* p);
#endif

static __noinline __u64 term(struct parser* p) {
#if FAULT == 1
  volatile __u64 factors[60];
  factors[p->at & 31] = number(p);
  __u64 value = factors[p->at & 31];
#elif FAULT == 2
  __u64 value = peek(p) == '(' ? sum(p) : number(p);
#else
  __u64 value = number(p);
#endif
  for (int i = 0; i < 3; i++) {
    if (class_of(peek(p)) != 3) break;
    advance(p);
    value *= number(p);
  }
  return value;
}

static __noinline __u64 sum(struct parser* p) {
  __u64 value = term(p);
  for (int i = 0; i < 3; i++) {
    if (class_of(peek(p)) != 2) break;
    advance(p);
    value += term(p);
  }
  return value;
}

SEC("syscall")
int descent_parser(struct request* ctx) {
  __u32 key = ctx->input;
  struct input* in = bpf_map_lookup_elem(&inputs, &key);
  if (!in) return -1;
  struct parser p = {.at = ctx->start};
  __builtin_memcpy(p.text, in->text, TEXT);
  ctx->value = sum(&p);
  return 0;
}

char _license[] SEC("license") = "GPL";
