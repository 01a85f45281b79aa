// SPDX-License-Identifier: Apache-2.0
// Per-CPU counters of system calls by class, with a budget for each class in read-only data.
// fault 1: map-bounds: the class is not bounded before it indexes the counters
// fault 2: null-check: the lookup of a class that may not exist is not checked
// fault 3: read-only-write: the budget is decreased in place
// fault 4: map-bounds: the counter behind the last one of a class is increased
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

enum { kClasses = 16, kKinds = 4 };

struct counters {
  __u64 by_kind[kKinds];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, kClasses);
  __type(key, __u32);
  __type(value, struct counters);
} counters SEC(".maps");

const volatile __u32 budgets[kClasses] = {100, 200, 300, 400};
__u64 over_budget[kClasses];

SEC("raw_tp/sys_enter")
int percpu_counters(struct bpf_raw_tracepoint_args* ctx) {
  __u64 number = ctx->args[1];
  __u64 class = number >> 5;
  asm volatile("" : "+r"(class));
#if FAULT != 1
  if (class >= kClasses) return 0;
#endif
  __u32 key = class;
  struct counters* c = bpf_map_lookup_elem(&counters, &key);
#if FAULT != 2
  if (!c) return 0;
#endif
#if FAULT == 4
  __u32 kind = (number & (kKinds - 1)) + 1;
#else
  __u32 kind = number & (kKinds - 1);
#endif
  asm volatile("" : "+r"(kind));
  if (kind > kKinds) return 0;
#if FAULT == 4
  c->by_kind[kind]++;
#else
  c->by_kind[kind & (kKinds - 1)]++;
#endif
  if (c->by_kind[0] > budgets[class]) over_budget[class]++;
#if FAULT == 3
  __u32* budget = (__u32*)&budgets[class];
  asm volatile("" : "+r"(budget));
  *budget = 0;
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
