// SPDX-License-Identifier: Apache-2.0
// Parses layer by layer in static functions that call each other, each with a trace on its stack.
// fault 1: stack-depth: a layer's trace is too long for the chain of frames
// fault 2: termination: tunnels are parsed by a function that calls itself without a bound
// fault 3: packet-bounds: the inner header is read at an offset that was checked for the outer one
// fault 4: stack-bounds: the trace is written at the length's low byte
// fault 5: map-bounds: a depth of four counts in a table of four
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define DEPTH 4

__u64 depths[DEPTH];

static __noinline int parse_ports(struct xdp_md* ctx, __u32 offset) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  __u32 trace[16];
  trace[0] = offset;
  asm volatile("" : : "r"(trace) : "memory");
  if (offset > 512) return -1;
  __u16* ports = data + offset;
  if ((void*)(ports + 2) > end) return -1;
  return ports[1];
}

static __noinline int parse_ipv4(struct xdp_md* ctx, __u32 offset, __u32 depth) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  __u32 trace[FAULT == 1 ? 96 : 24];
  trace[0] = offset;
  asm volatile("" : : "r"(trace) : "memory");
  if (offset > 256) return -1;
  struct iphdr* ip = data + offset;
#if FAULT == 3
  if (data + sizeof(struct ethhdr) + sizeof(*ip) > end || ip->ihl < 5) return -1;
#else
  if ((void*)(ip + 1) > end || ip->ihl < 5) return -1;
#endif
#if FAULT == 4
  __u32 place = ip->tot_len & 255;
  asm volatile("" : "+r"(place));
  trace[place] = depth;
#endif
  __u32 next = offset + ip->ihl * 4;
  if (ip->protocol == IPPROTO_IPIP) {
#if FAULT == 2
    return parse_ipv4(ctx, offset, depth) + 1;
#else
    return -2 - (int)next;
#endif
  }
  if (ip->protocol != IPPROTO_UDP && ip->protocol != IPPROTO_TCP) return -1;
  return parse_ports(ctx, next);
}

SEC("xdp")
int layered_parser(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
#if FAULT == 1
  __u32 trace[24];
  trace[0] = eth->h_proto;
  asm volatile("" : : "r"(trace) : "memory");
#endif
  __u32 offset = sizeof(*eth);
  int result = -1;
  __u32 depth = 0;
  for (; depth < DEPTH; ++depth) {
    result = parse_ipv4(ctx, offset, depth);
    if (result >= -1) break;
    offset = -2 - result;
  }
  asm volatile("" : "+r"(depth));
#if FAULT == 5
  if (depth > DEPTH) return XDP_DROP;
#else
  if (depth >= DEPTH) return XDP_DROP;
#endif
  depths[depth] += 1;
  return result == 9 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
