// SPDX-License-Identifier: Apache-2.0
// Sends connections for a range of ports to one socket, chosen from a socket map.
// fault 1: reference-leak: the socket is not released when the assignment fails
// fault 2: return-range: returns the error of the assignment
// fault 3: null-check: the map may lack the socket
// fault 4: context-access: writes the local port
// fault 5: type-confusion: assigns the context
#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_SOCKMAP);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} sockets SEC(".maps");

const volatile __u32 first_port = 7000;
const volatile __u32 last_port = 7999;
__u64 assigned, refused;

SEC("sk_lookup")
int sk_lookup_steering(struct bpf_sk_lookup* ctx) {
  if (ctx->family != 2) return SK_PASS;
  __u32 port = ctx->local_port;
  if (port < first_port || port > last_port) return SK_PASS;
  if ((bpf_ntohl(ctx->remote_ip4) >> 24) == 10) {
    __sync_fetch_and_add(&refused, 1);
    return SK_DROP;
  }
  __u32 index = ctx->protocol == IPPROTO_TCP ? 0 : 1;
  struct bpf_sock* sk = bpf_map_lookup_elem(&sockets, &index);
#if FAULT != 3
  if (!sk) return SK_PASS;
#endif
#if FAULT == 4
  ctx->local_port = first_port;
#endif
#if FAULT == 5
  long error = bpf_sk_assign(ctx, ctx, 0);
#else
  long error = bpf_sk_assign(ctx, sk, 0);
#endif
#if FAULT == 1
  if (error) return SK_DROP;
#endif
  bpf_sk_release(sk);
#if FAULT == 2
  return error;
#else
  if (error) return SK_DROP;
  __sync_fetch_and_add(&assigned, 1);
  return SK_PASS;
#endif
}

char _license[] SEC("license") = "GPL";
