// SPDX-License-Identifier: Apache-2.0
// A bind program: a bitmap of ports that a group may use, and a second one of those in use.
// fault 1: return-range: the number of the word with the port is returned
// fault 2: map-bounds: the port selects a word though it is larger than the bitmap
// fault 3: context-access: the address is read with eight bytes
// fault 4: context-access: the socket's family is written
// fault 5: null-check: the group's bitmap is used without a check
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define WORDS 512

struct ports {
  __u64 allowed[WORDS];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u64);
  __type(value, struct ports);
} groups SEC(".maps");

struct {
  __u64 used[WORDS];
} bound SEC(".bss.bound");

SEC("cgroup/bind4")
int bind_ports(struct bpf_sock_addr* ctx) {
  __u64 group = bpf_get_current_cgroup_id();
  struct ports* p = bpf_map_lookup_elem(&groups, &group);
#if FAULT != 5
  if (!p) return 1;
#endif
  __u64 port = bpf_ntohs(ctx->user_port);
#if FAULT == 3
  if (*(volatile __u64*)((char*)ctx + 4) == 0) return 0;
#else
  if (ctx->user_ip4 == 0) return 0;
#endif
#if FAULT == 4
  ctx->user_family = 2;
#endif
  asm volatile("" : "+r"(port));
#if FAULT != 2
  if (port >= WORDS * 64) return 0;
#endif
  __u64 word = port >> 6;
  __u64 bit = 1ull << (port & 63);
  if (!(p->allowed[word] & bit)) return 0;
  bound.used[word] |= bit;
#if FAULT == 1
  return word;
#else
  return 1;
#endif
}

char _license[] SEC("license") = "GPL";
