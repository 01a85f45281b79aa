// SPDX-License-Identifier: Apache-2.0
// Searches a short pattern in the first bytes of UDP payloads.
// fault 1: packet-bounds: the window's last byte is behind the check
// fault 2: map-bounds: the pattern is compared beyond its bytes
// fault 3: termination: a mismatch in the middle begins again at the same place
// fault 4: null-check: the pattern may be missing
// fault 5: packet-bounds: the UDP header is not checked before the payload's loop
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define SPAN 48
#define LENGTH 4

struct pattern {
  __u32 action;
  __u8 bytes[LENGTH];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u16);
  __type(value, struct pattern);
} patterns SEC(".maps");

SEC("xdp")
int payload_search(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct udphdr* udp = (void*)(ip + 1);
#if FAULT == 5
  if ((void*)(ip + 1) > end) return XDP_PASS;
#else
  if ((void*)(udp + 1) > end) return XDP_PASS;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_UDP) return XDP_PASS;
  __u16 port = bpf_ntohs(udp->dest);
  struct pattern* pattern = bpf_map_lookup_elem(&patterns, &port);
#if FAULT != 4
  if (!pattern) return XDP_PASS;
#endif
  __u32 found = 0;
  __u8* text = (void*)(udp + 1);
  for (__u32 i = 0; i < SPAN; ++i) {
    if ((void*)(text + i + LENGTH - (FAULT == 1)) > end) break;
    __u32 same = 0;
    for (__u32 j = 0; j < LENGTH; ++j) {
      __u32 at = j;
#if FAULT == 2
      at += text[i] & 1;
      asm volatile("" : "+r"(at));
#endif
      same += text[i + j] == pattern->bytes[at];
    }
    if (same == LENGTH) {
      found = 1;
      break;
    }
#if FAULT == 3
    if (same == LENGTH / 2) i -= 1;
#endif
  }
  return found && pattern->action ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
