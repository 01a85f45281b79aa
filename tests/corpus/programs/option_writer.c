// SPDX-License-Identifier: Apache-2.0
// A setsockopt program: string options are checked byte by byte, numbers against a limit.
// fault 1: packet-bounds: the loop over the string compares with a start that moved
// fault 2: packet-bounds: the check is made with the option's length from the context
// fault 3: context-access: the end of the value is moved
// fault 4: return-range: the length of the string is returned
// fault 5: type-confusion: the end is read as if it were part of the value
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SOL_TCP 6
#define TCP_CONGESTION 13
#define SOL_SOCKET 1
#define SO_PRIORITY 12
#define NAME 16

__u64 accepted, refused;

static __always_inline int plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

SEC("cgroup/setsockopt")
int option_writer(struct bpf_sockopt* ctx) {
  char* value = ctx->optval;
  char* end = ctx->optval_end;
#if FAULT == 3
  *(volatile __u64*)&ctx->optval_end = 0;
#endif
#if FAULT == 5
  refused += *(volatile char*)end;
#endif
  if (ctx->level == SOL_TCP && ctx->optname == TCP_CONGESTION) {
    int length = 0;
    for (int i = 0; i < NAME; i++) {
#if FAULT == 1
      if (value + i > end) break;
#else
      if (value + i + 1 > end) break;
#endif
      char c = *(volatile char*)(value + i);
      if (!c) break;
      if (!plain(c)) {
        refused++;
        return 0;
      }
      length++;
    }
#if FAULT == 4
    return length;
#else
    accepted += length;
    return 1;
#endif
  }
  if (ctx->level == SOL_SOCKET && ctx->optname == SO_PRIORITY) {
#if FAULT == 2
    if (ctx->optlen < 4) return 0;
#else
    if (value + 4 > end) return 0;
#endif
    __u32 priority = *(volatile __u32*)value;
    if (priority > 6) {
      refused++;
      return 0;
    }
  }
  return 1;
}

char _license[] SEC("license") = "GPL";
