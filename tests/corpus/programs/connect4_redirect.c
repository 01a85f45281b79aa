// SPDX-License-Identifier: Apache-2.0
// Redirects connections to a service's address to one of its backends, and back for getpeername.
// fault 1: return-range: returns two where the hook knows zero and one
// fault 2: null-check: the backend may be missing
// fault 3: context-access: writes the family
// fault 4: context-access: reads half of the port's field at an odd place
// fault 5: map-bounds: the backend is chosen with one too many
// fault 6: uninitialised: the padding of the key is not written
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define BACKENDS 4

struct service {
  __u16 pad;
  __be16 port;
  __be32 address;
};

struct backends {
  __be32 port;
  __be32 addresses[BACKENDS];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, struct service);
  __type(value, struct backends);
} services SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, struct service);
} original SEC(".maps");

SEC("cgroup/connect4")
int connect4_redirect(struct bpf_sock_addr* ctx) {
  struct service key;
  key.address = ctx->user_ip4;
#if FAULT == 4
  __u32 half;
  asm volatile("%0 = *(u16 *)(%1 + 25)" : "=r"(half) : "r"(ctx));
  key.port = half;
#else
  key.port = ctx->user_port;
#endif
#if FAULT != 6
  key.pad = 0;
#endif
  asm volatile("" : : "r"(&key) : "memory");
  struct backends* backends = bpf_map_lookup_elem(&services, &key);
#if FAULT != 2
  if (!backends) return 1;
#endif
  __u32 choice = bpf_get_prandom_u32() & (BACKENDS - (FAULT == 5 ? 0 : 1));
  __be32 address = backends->addresses[choice];
  if (address == 0) return FAULT == 1 ? 2 : 0;

  __u64 cookie = bpf_get_socket_cookie(ctx);
  bpf_map_update_elem(&original, &cookie, &key, BPF_ANY);
  ctx->user_ip4 = address;
  ctx->user_port = backends->port;
#if FAULT == 3
  ctx->family = 2;
#endif
  return 1;
}

SEC("cgroup/getpeername4")
int getpeername4_restore(struct bpf_sock_addr* ctx) {
  __u64 cookie = bpf_get_socket_cookie(ctx);
  struct service* service = bpf_map_lookup_elem(&original, &cookie);
  if (!service) return 1;
  ctx->user_ip4 = service->address;
  ctx->user_port = service->port;
  return 1;
}

char _license[] SEC("license") = "GPL";
