// SPDX-License-Identifier: Apache-2.0
// Global functions, verified on their own: a pointer to a structure and scalars as arguments.
// fault 1: null-check: the global function trusts its pointer argument
// fault 2: map-bounds: the global function trusts its scalar argument as an index
// fault 3: map-bounds: the function reads behind the structure that its type promises
// fault 4: uninitialised: the caller passes a structure of which it wrote only one field
// fault 5: type-confusion: the caller passes the number it got as the structure
// linux: 6.3 and later accept fault 4 of a privileged program
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define CLASSES 16

struct request {
  __u64 size;
  __u32 class;
  __u32 flags;
};

struct {
  __u64 limits[CLASSES];
  __u64 denials;
} limits SEC(".data.limits");

__noinline __u64 limit_of(__u32 class) {
  __u64 index = class;
  asm volatile("" : "+r"(index));
#if FAULT != 2
  if (index >= CLASSES) return 0;
#endif
  return limits.limits[index];
}

__noinline int allowed(struct request* r) {
#if FAULT != 1
  if (!r) return 0;
#endif
#if FAULT == 3
  if (*(volatile __u32*)(r + 1)) return 0;
#endif
  if (r->flags & 1) return 1;
  return r->size <= limit_of(r->class);
}

SEC("cgroup/dev")
int global_checks(struct bpf_cgroup_dev_ctx* ctx) {
#if FAULT == 4
  struct request r;
  r.size = ctx->minor;
#else
  struct request r = {
      .size = ctx->minor, .class = ctx->major & 31, .flags = ctx->access_type >> 16};
#endif
#if FAULT == 5
  struct request* p = (struct request*)(r.size + r.class + r.flags);
#else
  struct request* p = &r;
#endif
  if (allowed(p)) return 1;
  limits.denials++;
  return 0;
}

char _license[] SEC("license") = "GPL";
