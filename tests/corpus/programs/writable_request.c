// SPDX-License-Identifier: Apache-2.0
// A writable raw tracepoint that lowers the flags of a request according to a policy.
// fault 1: context-access: the buffer is written before its start
// fault 2: pointer-arithmetic: the buffer's pointer is moved by a number before the write
// fault 3: null-check: the policy of the request's type is not checked
// fault 4: context-access: the tracepoint's second argument is overwritten
// fault 5: type-confusion: the second argument is taken for a buffer
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct request {
  __u32 magic;
  __u32 type;
  __u32 flags;
  __u32 length;
};

struct policy {
  __u32 keep;
  __u32 longest;
  __u64 lowered;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 32);
  __type(key, __u32);
  __type(value, struct policy);
} policies SEC(".maps");

__u64 oversized;

SEC("raw_tp.w/nbd_send_request")
int writable_request(struct bpf_raw_tracepoint_args* ctx) {
  struct request* r = (struct request*)ctx->args[0];
  __u32 type = r->type;
#if FAULT == 5
  struct request* second = (struct request*)ctx->args[1];
  second->flags = 0;
#endif
#if FAULT == 4
  *(volatile __u64*)&ctx->args[1] = 0;
#endif
  struct policy* p = bpf_map_lookup_elem(&policies, &type);
#if FAULT != 3
  if (!p) return 0;
#endif
  __u32 lowered = r->flags & p->keep;
  if (lowered != r->flags) {
#if FAULT == 1
    *(volatile __u32*)((char*)r - 4) = lowered;
#elif FAULT == 2
    volatile __u32* at = &r->flags + (p->lowered & 3);
    asm volatile("" : "+r"(at));
    *at = lowered;
#else
    r->flags = lowered;
#endif
    p->lowered++;
  }
  if (r->length > p->longest) oversized++;
  return 0;
}

char _license[] SEC("license") = "GPL";
