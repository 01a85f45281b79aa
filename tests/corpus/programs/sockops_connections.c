// SPDX-License-Identifier: Apache-2.0
// Watches connections being established, adds them to a socket map and records their timings.
// fault 1: context-access: writes the congestion window
// fault 2: null-check: the connection's record may be missing
// fault 3: null-check: the operation may have no full socket
// fault 4: stack-bounds: the option is eight bytes in four at the frame's top
// fault 5: return-range: returns the smoothed round trip time
// fault 6: uninitialised: the key's ports are not written
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define SOL_TCP 6
#define TCP_BPF_IW_OPTION 1001

struct connection {
  __u32 ports;
  __u32 local;
  __u32 remote;
  __u32 family;
};

struct timing {
  __u64 samples;
  __u32 least;
  __u32 most;
};

struct {
  __uint(type, BPF_MAP_TYPE_SOCKHASH);
  __uint(max_entries, 4096);
  __type(key, struct connection);
  __type(value, __u64);
} established SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, struct connection);
  __type(value, struct timing);
} timings SEC(".maps");

SEC("sockops")
int sockops_connections(struct bpf_sock_ops* ops) {
  if (ops->family != 2) return 0;
  struct connection key;
#if FAULT != 6
  key.ports = ops->local_port << 16 | bpf_ntohl(ops->remote_port);
#endif
  key.local = ops->local_ip4;
  key.remote = ops->remote_ip4;
  key.family = ops->family;
  asm volatile("" : : "r"(&key) : "memory");

  switch (ops->op) {
    case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
    case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB: {
      struct timing fresh = {.least = ~0u};
      bpf_map_update_elem(&timings, &key, &fresh, BPF_ANY);
      bpf_sock_hash_update(ops, &established, &key, BPF_ANY);
      bpf_sock_ops_cb_flags_set(ops, BPF_SOCK_OPS_RTT_CB_FLAG);
      break;
    }
    case BPF_SOCK_OPS_RTT_CB: {
      struct timing* timing = bpf_map_lookup_elem(&timings, &key);
#if FAULT != 2
      if (!timing) return 0;
#endif
      __u32 trip = ops->srtt_us >> 3;
      timing->samples += 1;
      if (trip < timing->least) timing->least = trip;
      if (trip > timing->most) timing->most = trip;
#if FAULT == 1
      ops->snd_cwnd = 10;
#endif
#if FAULT == 3
      if (ops->sk->protocol != 6) return 0;
#else
      struct bpf_sock* sk = ops->sk;
      if (sk && sk->protocol != 6) return 0;
#endif
#if FAULT == 5
      return trip;
#endif
      break;
    }
    case BPF_SOCK_OPS_TCP_CONNECT_CB: {
      int window = 10;
#if FAULT == 4
      void* top;
      asm volatile("%0 = r10; %0 += -4; *(u32 *)(%0 + 0) = %1" : "=&r"(top) : "r"(window));
      bpf_setsockopt(ops, SOL_TCP, TCP_BPF_IW_OPTION, top, 8);
#else
      bpf_setsockopt(ops, SOL_TCP, TCP_BPF_IW_OPTION, &window, sizeof(window));
#endif
      break;
    }
  }
  return 1;
}

char _license[] SEC("license") = "GPL";
