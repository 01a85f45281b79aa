// SPDX-License-Identifier: Apache-2.0
// Device policies in levels: machine, group, user; each is a subprogram that asks the next one.
// fault 1: stack-depth: the last level copies its rules onto the stack
// fault 2: return-range: the deciding level's number is returned
// fault 3: null-check: the user's policy is asked for its mask without a check
// fault 4: stack-bounds: the trail of decisions is written at the policy's depth unchecked
// fault 5: uninitialised: the last level uses a register that a helper's call left undefined
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define LEVELS 3
#define RULES 16

struct policy {
  __u32 allow[RULES];
  __u32 depth;
};

struct trail {
  __u32 level[LEVELS];
  __u32 major;
  __u32 access;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, __u64);
  __type(value, struct policy);
} policies SEC(".maps");

static __noinline int ask_user(struct trail* t) {
  __u64 key = bpf_get_current_uid_gid() & 0xffffffff;
  struct policy* p = bpf_map_lookup_elem(&policies, &key);
#if FAULT != 3
  if (!p) return 1;
#endif
#if FAULT == 1
  volatile __u32 rules[120];
  rules[t->major & 63] = p->allow[t->major % RULES];
  if (rules[t->access & 63] == 1) return 0;
#endif
#if FAULT == 5
  __u64 noise;
  bpf_get_smp_processor_id();
  asm volatile("%0 = r5" : "=r"(noise));
  t->access ^= noise;
#endif
#if FAULT == 4
  ((volatile __u32*)t->level)[p->depth & 255] = 3;
#else
  t->level[2] = 3;
#endif
  return (p->allow[t->major % RULES] & t->access) == t->access;
}

static __noinline int ask_group(struct trail* t) {
  __u64 key = bpf_get_current_cgroup_id();
  struct policy* p = bpf_map_lookup_elem(&policies, &key);
  t->level[1] = 2;
  if (p && !(p->allow[t->major % RULES] & t->access)) return 0;
  return ask_user(t);
}

static __noinline int ask_machine(struct trail* t) {
  volatile __u32 recent[16] = {};
  recent[t->major & 15] = t->access;
  t->level[0] = 1;
  if (t->major == 1 && recent[1] == 2) return 1;
  return ask_group(t);
}

SEC("cgroup/dev")
int policy_levels(struct bpf_cgroup_dev_ctx* ctx) {
  struct trail t = {.major = ctx->major, .access = ctx->access_type >> 16};
  int allowed = ask_machine(&t);
#if FAULT == 2
  return t.level[0] + t.level[1] + t.level[2] + (allowed & 1);
#else
  return allowed != 0;
#endif
}

char _license[] SEC("license") = "GPL";
