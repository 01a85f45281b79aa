// SPDX-License-Identifier: Apache-2.0
// Device accesses of a group, charged to an account under a spin lock.
// fault 1: lock-balance: an account that is used up returns with the lock held
// fault 2: lock-balance: the lock is taken a second time
// fault 3: lock-balance: a helper is called under the lock
// fault 4: lock-balance: the unlock is of another account
// fault 5: null-check: a new group's account is locked without a check
// fault 6: type-confusion: the lock's own bytes are written as data
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct account {
  struct bpf_spin_lock lock;
  __u32 refused;
  __u64 left;
  __u64 used;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, __u64);
  __type(value, struct account);
} accounts SEC(".maps");

SEC("cgroup/dev")
int locked_account(struct bpf_cgroup_dev_ctx* ctx) {
  __u64 group = bpf_get_current_cgroup_id();
  struct account* a = bpf_map_lookup_elem(&accounts, &group);
#if FAULT != 5
  if (!a) return 1;
#endif
  __u64 cost = (ctx->access_type >> 16) & 2 ? 4 : 1;
#if FAULT == 6
  *(volatile __u32*)&a->lock = cost;
#endif
#if FAULT == 4
  __u64 root = 1;
  struct account* other = bpf_map_lookup_elem(&accounts, &root);
  if (!other) return 1;
#endif
  bpf_spin_lock(&a->lock);
#if FAULT == 2
  bpf_spin_lock(&a->lock);
#endif
#if FAULT == 3
  a->used += bpf_ktime_get_ns() & 1;
#endif
  if (a->left < cost) {
    a->refused++;
#if FAULT != 1
    bpf_spin_unlock(&a->lock);
#endif
    return 0;
  }
  a->left -= cost;
  a->used += cost;
#if FAULT == 4
  bpf_spin_unlock(&other->lock);
#else
  bpf_spin_unlock(&a->lock);
#endif
  return 1;
}

char _license[] SEC("license") = "GPL";
