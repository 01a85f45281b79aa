// SPDX-License-Identifier: Apache-2.0
// A sock_create program that counts sockets of each group and type against a budget.
// fault 1: lock-balance: the path over the budget forgets to unlock
// fault 2: context-access: the socket's priority is read as if it were behind the structure
// fault 3: return-range: the count that is left is returned
// fault 4: null-check: the budget is locked without a check
// fault 5: context-access: the protocol is written
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct budget {
  struct bpf_spin_lock lock;
  __u32 most;
  __u32 open;
  __u32 refused;
};

struct key {
  __u64 group;
  __u32 type;
  __u32 family;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 512);
  __type(key, struct key);
  __type(value, struct budget);
} budgets SEC(".maps");

SEC("cgroup/sock_create")
int sock_budget(struct bpf_sock* ctx) {
  struct key k = {.group = bpf_get_current_cgroup_id(), .type = ctx->type, .family = ctx->family};
#if FAULT == 2
  k.type += *(volatile __u32*)((char*)ctx + sizeof(*ctx));
#endif
#if FAULT == 5
  *(volatile __u32*)&ctx->protocol = 0;
#endif
  struct budget* b = bpf_map_lookup_elem(&budgets, &k);
#if FAULT != 4
  if (!b) return 1;
#endif
  int allowed = 1;
  bpf_spin_lock(&b->lock);
  if (b->open >= b->most) {
    b->refused++;
#if FAULT == 1
    return 0;
#else
    allowed = 0;
#endif
  } else {
    b->open++;
  }
  __u32 left = b->most - b->open;
  bpf_spin_unlock(&b->lock);
  if (left < 10) ctx->priority = 1;
#if FAULT == 3
  return allowed ? left : 0;
#else
  return allowed;
#endif
}

char _license[] SEC("license") = "GPL";
