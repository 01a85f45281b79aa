// SPDX-License-Identifier: Apache-2.0
// Judges new sockets by family, type and protocol, and sets their mark and priority.
// fault 1: return-range: returns minus one for a socket that is not allowed
// fault 2: context-access: writes the protocol
// fault 3: null-check: the rule may be missing
// fault 4: uninitialised: the key's family is not written
// fault 5: context-access: reads the source port, which a new socket does not have
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct kind {
  __u32 family;
  __u32 type;
  __u32 protocol;
  __u32 user;
};

struct rule {
  __u32 allow;
  __u32 mark;
  __u32 priority;
  __u32 created;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, struct kind);
  __type(value, struct rule);
} rules SEC(".maps");

__u64 refused;

SEC("cgroup/sock_create")
int sock_create_policy(struct bpf_sock* sk) {
  struct kind key;
#if FAULT != 4
  key.family = sk->family;
#endif
  key.type = sk->type;
  key.protocol = sk->protocol;
  key.user = bpf_get_current_uid_gid();
  asm volatile("" : : "r"(&key) : "memory");
#if FAULT == 5
  if (sk->src_port == 0) return 0;
#endif
  struct rule* rule = bpf_map_lookup_elem(&rules, &key);
#if FAULT != 3
  if (!rule) {
    key.user = ~0u;
    rule = bpf_map_lookup_elem(&rules, &key);
    if (!rule) return 1;
  }
#endif
  if (!rule->allow) {
    __sync_fetch_and_add(&refused, 1);
    return FAULT == 1 ? -1 : 0;
  }
  rule->created += 1;
  sk->mark = rule->mark;
  sk->priority = rule->priority;
#if FAULT == 2
  sk->protocol = 6;
#endif
  return 1;
}

char _license[] SEC("license") = "GPL";
