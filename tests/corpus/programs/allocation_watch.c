// SPDX-License-Identifier: Apache-2.0
// Follows allocations by address and stack: outstanding bytes, and the largest still alive.
// fault 1: null-check: the freed address is taken for one that was seen
// fault 2: helper-argument: the stack's number is asked with the size's address as context
// fault 3: map-bounds: the size class is one for each bit and the table is for 32
// fault 4: return-range: the callback that looks for the largest returns its size
// fault 5: stack-bounds: the callback writes at the stack's number as if the result were a table
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define CLASSES 32

struct allocation {
  __u64 size;
  __u64 when;
  __s64 stack;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, __u64);
  __type(value, struct allocation);
} alive SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(max_entries, 1024);
  __uint(key_size, 4);
  __uint(value_size, 32 * sizeof(__u64));
} stacks SEC(".maps");

struct {
  __u64 bytes[CLASSES];
} outstanding SEC(".bss.outstanding");

struct largest {
  __u64 address;
  __u64 size;
  __s64 stack;
} largest;

static __always_inline __u64 class_of(__u64 size) {
  __u64 class = 0;
  for (int i = 0; i < 40; i++) {
    if (size <= 1) break;
    size >>= 1;
    class ++;
  }
  asm volatile("" : "+r"(class));
#if FAULT != 3
  if (class >= CLASSES) class = CLASSES - 1;
#endif
  return class;
}

static long compare(void* map, __u64* address, struct allocation* a, struct largest* l) {
  if (a->size <= l->size) return 0;
  l->address = *address;
  l->size = a->size;
  l->stack = a->stack;
#if FAULT == 5
  ((volatile __u64*)l)[a->stack & 1023] = a->when;
#endif
#if FAULT == 4
  return a->size;
#else
  return 0;
#endif
}

SEC("kretprobe/allocate")
int allocated(struct pt_regs* ctx) {
  __u64 address = PT_REGS_RC(ctx), size = PT_REGS_PARM1(ctx);
  struct allocation a = {.size = size, .when = bpf_ktime_get_ns()};
#if FAULT == 2
  a.stack = bpf_get_stackid(&size, &stacks, 0);
#else
  a.stack = bpf_get_stackid(ctx, &stacks, 0);
#endif
  if (bpf_map_update_elem(&alive, &address, &a, BPF_ANY)) return 0;
  __sync_fetch_and_add(&outstanding.bytes[class_of(size)], size);
  return 0;
}

SEC("kprobe/release")
int released(struct pt_regs* ctx) {
  __u64 address = PT_REGS_PARM1(ctx);
  if (address == 0) {
    struct largest l = {};
    bpf_for_each_map_elem(&alive, compare, &l, 0);
    largest = l;
    return 0;
  }
  struct allocation* a = bpf_map_lookup_elem(&alive, &address);
#if FAULT != 1
  if (!a) return 0;
#endif
  __u64 size = a->size;
  __sync_fetch_and_add(&outstanding.bytes[class_of(size)], -size);
  bpf_map_delete_elem(&alive, &address);
  return 0;
}

char _license[] SEC("license") = "GPL";
