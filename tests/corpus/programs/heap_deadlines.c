// SPDX-License-Identifier: Apache-2.0
// A binary heap of deadlines in a map value: a system call program pushes or pops its root.
// fault 1: map-bounds: a full heap is pushed to
// fault 2: map-bounds: the right child is compared without a look at the heap's size
// fault 3: termination: sifting up goes on while the index is not negative, which never happens
// fault 4: lock-balance: popping from an empty heap leaves it locked
// fault 5: null-check: the heap by the caller's number is used without a check
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define HEAP 64
#define LEVELS 6

struct request {
  __u32 heap;
  __u32 push;
  __u64 deadline;
};

struct heap {
  struct bpf_spin_lock lock;
  __u32 count;
  __u64 at[HEAP];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct heap);
} heaps SEC(".maps");

static __always_inline void swap(__u64* a, __u64* b) {
  __u64 t = *a;
  *a = *b;
  *b = t;
}

SEC("syscall")
int heap_deadlines(struct request* ctx) {
  __u32 key = ctx->heap, push = ctx->push;
  __u64 deadline = ctx->deadline;
  int result = 0;
  struct heap* h = bpf_map_lookup_elem(&heaps, &key);
#if FAULT != 5
  if (!h) return -1;
#endif
  bpf_spin_lock(&h->lock);
  __u64 n = h->count;
  asm volatile("" : "+r"(n));
  if (push) {
#if FAULT != 1
    if (n < HEAP)
#endif
    {
      __u64 i = n;
      h->at[i] = deadline;
      h->count = n + 1;
#if FAULT == 3
      for (volatile __u64 at = i; at + 1 > 0;) {
        i = at & (HEAP - 1);
        at = i ? (i - 1) / 2 : 0;
        h->at[i] = deadline;
      }
#endif
      for (int level = 0; level < LEVELS && i > 0; level++) {
        __u64 parent = (i - 1) / 2;
        if (h->at[parent & (HEAP - 1)] <= h->at[i & (HEAP - 1)]) break;
        swap(&h->at[parent & (HEAP - 1)], &h->at[i & (HEAP - 1)]);
        i = parent;
      }
    }
  } else if (n > 0 && n <= HEAP) {
    deadline = h->at[0];
    h->at[0] = h->at[(n - 1) & (HEAP - 1)];
    h->count = n - 1;
    __u64 i = 0;
    for (int level = 0; level < LEVELS; level++) {
      __u64 child = 2 * i + 1;
#if FAULT == 2
      if (h->at[child + n] < h->at[child]) child++;
#else
      if (child + 1 < n && h->at[(child + 1) & (HEAP - 1)] < h->at[child & (HEAP - 1)]) child++;
#endif
      if (child >= n || h->at[i & (HEAP - 1)] <= h->at[child & (HEAP - 1)]) break;
      swap(&h->at[i & (HEAP - 1)], &h->at[child & (HEAP - 1)]);
      i = child;
    }
  } else {
#if FAULT == 4
    return -2;
#else
    result = -2;
#endif
  }
  bpf_spin_unlock(&h->lock);
  ctx->deadline = deadline;
  return result;
}

char _license[] SEC("license") = "GPL";
