// SPDX-License-Identifier: Apache-2.0
// Limits the priorities and congestion controls that a control group may set on its sockets.
// fault 1: packet-bounds: the option's value is read without a check
// fault 2: return-range: returns two
// fault 3: context-access: writes the end of the option's value
// fault 4: null-check: the congestion control's rule may be missing
// fault 5: stack-bounds: copies the name to an index of the option's length
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SOL_SOCKET 1
#define SO_PRIORITY 12
#define SOL_TCP 6
#define TCP_CONGESTION 13

struct name {
  char text[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 32);
  __type(key, struct name);
  __type(value, __u32);
} allowed SEC(".maps");

const volatile __u32 most = 4;

SEC("cgroup/setsockopt")
int setsockopt_guard(struct bpf_sockopt* ctx) {
  __u8* value = ctx->optval;
  __u8* end = ctx->optval_end;
  if (ctx->level == SOL_SOCKET && ctx->optname == SO_PRIORITY) {
#if FAULT != 1
    if (value + 4 > end) return 0;
#else
    if (value >= end) return 0;
#endif
    __u32* priority = (__u32*)value;
    if (*priority > most) *priority = most;
#if FAULT == 3
    ctx->optval_end = value;
#endif
    return FAULT == 2 ? 2 : 1;
  }
  if (ctx->level == SOL_TCP && ctx->optname == TCP_CONGESTION) {
    struct name name = {};
    for (int i = 0; i < 15; ++i) {
      if (value + i + 1 > end) break;
      if (value[i] == 0) break;
#if FAULT == 5
      __u32 place = ctx->optlen & 255;
      asm volatile("" : "+r"(place));
      name.text[place] = value[i];
#else
      name.text[i] = value[i];
#endif
    }
    __u32* rule = bpf_map_lookup_elem(&allowed, &name);
#if FAULT != 4
    if (!rule) return 0;
#endif
    return *rule != 0;
  }
  return 1;
}

char _license[] SEC("license") = "GPL";
