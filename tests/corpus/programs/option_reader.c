// SPDX-License-Identifier: Apache-2.0
// A getsockopt program that lowers the reported buffer size, kept in a policy map.
// fault 1: packet-bounds: the value's start, not its end, is compared with the buffer's end
// fault 2: packet-bounds: four bytes are checked and eight are written
// fault 3: context-access: the level is written, which may only be read
// fault 4: return-range: two is returned for options that are left alone
// fault 5: null-check: the policy of the option is not checked
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SOL_SOCKET 1
#define SO_SNDBUF 7
#define SO_RCVBUF 8

struct policy {
  __u32 most;
  __u32 asked;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct policy);
} policies SEC(".maps");

SEC("cgroup/getsockopt")
int option_reader(struct bpf_sockopt* ctx) {
  __u32* value = ctx->optval;
  void* end = ctx->optval_end;
  if (ctx->level != SOL_SOCKET) {
#if FAULT == 4
    return 2;
#else
    return 1;
#endif
  }
  if (ctx->optname != SO_SNDBUF && ctx->optname != SO_RCVBUF) return 1;
#if FAULT == 3
  ctx->level = 0;
#endif
  __u32 name = ctx->optname;
  struct policy* p = bpf_map_lookup_elem(&policies, &name);
#if FAULT != 5
  if (!p) return 1;
#endif
#if FAULT == 1
  if ((void*)value > end) return 0;
#else
  if ((void*)(value + 1) > end) return 0;
#endif
  p->asked++;
  __u32 reported = *(volatile __u32*)value;
  if (reported > p->most) {
#if FAULT == 2
    *(volatile __u64*)value = p->most;
#else
    *value = p->most;
#endif
    ctx->retval = 0;
  }
  ctx->optlen = sizeof(*value);
  return 1;
}

char _license[] SEC("license") = "GPL";
