// SPDX-License-Identifier: Apache-2.0
// A queue of work between two hooks: one pushes requests, the other pops a batch and counts.
// fault 1: stack-bounds: the popped item is stored at an index that the batch does not have
// fault 2: helper-argument: the item is pushed without its address
// fault 3: type-confusion: the request's pointer inside the item is followed
// fault 4: termination: the batch ends only when the queue is empty
// fault 5: helper-argument: a lookup by key is tried on the queue
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define BATCH 8

struct item {
  __u64 request;
  __u64 when;
};

struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __uint(max_entries, 512);
  __type(value, struct item);
} work SEC(".maps");

__u64 processed, longest_wait, lost;

SEC("kprobe/submit_request")
int submit_request(struct pt_regs* ctx) {
  struct item i = {.request = PT_REGS_PARM1(ctx), .when = bpf_ktime_get_ns()};
#if FAULT == 2
  if (bpf_map_push_elem(&work, (void*)i.request, 0)) lost++;
#else
  if (bpf_map_push_elem(&work, &i, 0)) lost++;
#endif
  return 0;
}

SEC("kprobe/complete_batch")
int complete_batch(struct pt_regs* ctx) {
  __u64 waits[BATCH] = {};
  __u64 now = bpf_ktime_get_ns();
  __u32 count = 0;
#if FAULT == 4
  for (;;) {
#else
  for (int n = 0; n < BATCH; n++) {
#endif
    struct item i = {};
    if (bpf_map_pop_elem(&work, &i)) break;
    count++;
#if FAULT == 1
    waits[i.request & 127] = now - i.when;
#else
    waits[i.request % BATCH] = now - i.when;
#endif
#if FAULT == 3
    processed += *(volatile __u8*)i.request;
#endif
  }
#if FAULT == 5
  __u64* first = bpf_map_lookup_elem(&work, &count);
  if (first) processed += *first;
#endif
  for (int n = 0; n < BATCH; n++)
    if (waits[n] > longest_wait) longest_wait = waits[n];
  processed += count;
  return 0;
}

char _license[] SEC("license") = "GPL";
