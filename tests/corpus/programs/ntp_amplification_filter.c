// SPDX-License-Identifier: Apache-2.0
// Drops NTP's private mode, and answers of a server to clients that did not ask.
// fault 1: packet-bounds: the NTP header is read where the UDP header ends
// fault 2: null-check: the client may not have asked
// fault 3: helper-argument: deletes the request with its time in place of the key
// fault 4: context-access: reads two bytes across the fields of the context
// fault 5: pointer-arithmetic: finds the header by adding the end of the packet
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct exchange {
  __be32 client;
  __be32 server;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, struct exchange);
  __type(value, __u64);
} requests SEC(".maps");

__u64 private_mode, unasked;

SEC("xdp")
int ntp_amplification_filter(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct udphdr* udp = (void*)(ip + 1);
  __u8* ntp = (void*)(udp + 1);
#if FAULT == 1
  if ((void*)ntp > end) return XDP_PASS;
#else
  if ((void*)(ntp + 1) > end) return XDP_PASS;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_UDP) return XDP_PASS;
#if FAULT == 4
  __u32 across;
  asm volatile("%0 = *(u16 *)(%1 + 3)" : "=r"(across) : "r"(ctx));
  if (across) return XDP_PASS;
#endif
#if FAULT == 5
  __u64 distance = (__u64)udp;
  asm volatile("%0 += %1" : "+r"(distance) : "r"(end));
  udp = (void*)distance;
#endif

  if (udp->dest == bpf_htons(123)) {
    if ((ntp[0] & 7) == 7) {
      private_mode += 1;
      return XDP_DROP;
    }
    struct exchange key = {ip->saddr, ip->daddr};
    __u64 now = bpf_ktime_get_ns();
    bpf_map_update_elem(&requests, &key, &now, BPF_ANY);
    return XDP_PASS;
  }
  if (udp->source != bpf_htons(123)) return XDP_PASS;
  struct exchange key = {ip->daddr, ip->saddr};
  __u64* asked = bpf_map_lookup_elem(&requests, &key);
#if FAULT != 2
  if (!asked) {
    unasked += 1;
    return XDP_DROP;
  }
#endif
  __u64 age = bpf_ktime_get_ns() - *asked;
#if FAULT == 3
  bpf_map_delete_elem(&requests, (void*)age);
#else
  bpf_map_delete_elem(&requests, &key);
#endif
  return age > 1000000000ull ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
