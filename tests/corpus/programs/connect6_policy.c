// SPDX-License-Identifier: Apache-2.0
// Allows IPv6 connections and datagrams by a trie of prefixes, for each control group.
// fault 1: null-check: no prefix may match
// fault 2: return-range: returns the rule's action as it is
// fault 3: stack-bounds: the key is handed over at its address, not at its start
// fault 4: context-access: reads behind the address's four words
// fault 5: uninitialised: the third word of the key is not written
#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct prefix {
  __u32 length;
  __u32 words[4];
};

struct rule {
  __u64 hits;
  __u32 action;
  __u32 ports;
};

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, 4096);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, struct prefix);
  __type(value, struct rule);
} rules SEC(".maps");

static __always_inline int judge(struct bpf_sock_addr* ctx) {
  struct prefix key;
  key.length = 128;
  key.words[0] = ctx->user_ip6[0];
  key.words[1] = ctx->user_ip6[1];
#if FAULT != 5
  key.words[2] = ctx->user_ip6[2];
#endif
  key.words[3] = ctx->user_ip6[3];
  asm volatile("" : : "r"(&key) : "memory");
#if FAULT == 3
  struct rule* rule = bpf_map_lookup_elem(&rules, key.words);
#else
  struct rule* rule = bpf_map_lookup_elem(&rules, &key);
#endif
#if FAULT != 1
  if (!rule) return 1;
#endif
  __sync_fetch_and_add(&rule->hits, 1);
  if (rule->ports && rule->ports != ctx->user_port) return 0;
#if FAULT == 2
  return rule->action;
#else
  return rule->action == 0;
#endif
}

SEC("cgroup/connect6")
int connect6_policy(struct bpf_sock_addr* ctx) {
#if FAULT == 4
  __u64 word;
  asm volatile("%0 = *(u64 *)(%1 + 20)" : "=r"(word) : "r"(ctx));
  if (word == 0) return 0;
#endif
  if (ctx->type != 1 && ctx->type != 2) return 0;
  return judge(ctx);
}

SEC("cgroup/sendmsg6")
int sendmsg6_policy(struct bpf_sock_addr* ctx) {
  if (ctx->protocol != IPPROTO_UDP) return 1;
  return judge(ctx);
}

char _license[] SEC("license") = "GPL";
