// SPDX-License-Identifier: Apache-2.0
// Routes HTTP requests by method and path prefix to a CPU.
// fault 1: packet-bounds: compares the method without a check of its bytes
// fault 2: packet-bounds: the path's bytes are read up to a fixed length
// fault 3: helper-argument: redirects with a map that is not one of CPUs
// fault 4: null-check: the route may be missing
// fault 5: uninitialised: the route's key is used as it lies on the stack
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct prefix {
  char method[4];
  char path[12];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, struct prefix);
  __type(value, __u32);
} routes SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_CPUMAP);
  __uint(max_entries, 16);
  __uint(key_size, 4);
  __uint(value_size, 4);
} cpus SEC(".maps");

SEC("xdp")
int http_prefix_router(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct tcphdr* tcp = (void*)(ip + 1);
  if ((void*)(tcp + 1) > end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_TCP || tcp->dest != bpf_htons(80) || tcp->doff < 5) return XDP_PASS;

  char* text = (void*)tcp + tcp->doff * 4;
#if FAULT != 1
  if ((void*)(text + 4) > end) return XDP_PASS;
#endif
  struct prefix key;
#if FAULT != 5
  __builtin_memset(&key, 0, sizeof(key));
  __builtin_memcpy(key.method, text, 4);
#endif
  if (text[0] == 'G' && text[3] == ' ') {
    text += 4;
  } else if (text[0] == 'P') {
    text += 5;
  } else {
    return XDP_PASS;
  }
  for (int i = 0; i < 12; ++i) {
#if FAULT != 2
    if ((void*)(text + i + 1) > end) break;
#endif
    if (text[i] == ' ' || text[i] == '?') break;
    key.path[i] = text[i];
  }
  __u32* cpu = bpf_map_lookup_elem(&routes, &key);
#if FAULT != 4
  if (!cpu) return XDP_PASS;
#endif
#if FAULT == 3
  return bpf_redirect_map(&routes, *cpu, 0);
#else
  return bpf_redirect_map(&cpus, *cpu, 0);
#endif
}

char _license[] SEC("license") = "GPL";
