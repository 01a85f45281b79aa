// SPDX-License-Identifier: Apache-2.0
// A chain of programs, one a header; the offset reached is handed on in the packet's metadata.
// fault 1: packet-bounds: the stage reads the offset from metadata that may not be there
// fault 2: packet-bounds: only the start of the transport header is checked
// fault 3: helper-argument: tail-calls through a plain array
// fault 4: stale-packet-pointer: writes metadata through the pointer from before it was made
// fault 5: pointer-arithmetic: hands a context that was moved to the tail call
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { STAGE_IPV4, STAGE_UDP, STAGES };

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, STAGES);
  __uint(key_size, 4);
  __uint(value_size, 4);
} stages SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, STAGES);
  __uint(key_size, 4);
  __uint(value_size, 4);
} misses SEC(".maps");

SEC("xdp")
int parse_ethernet(struct xdp_md* ctx) {
#if FAULT == 4
  __u32* old = (void*)(long)ctx->data;
#endif
  if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(__u32))) return XDP_ABORTED;
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  __u32* offset = (void*)(long)ctx->data_meta;
  struct ethhdr* eth = data;
  if ((void*)(offset + 1) > data || (void*)(eth + 1) > end) return XDP_ABORTED;
#if FAULT == 4
  *(old - 1) = sizeof(*eth);
#else
  *offset = sizeof(*eth);
#endif
  if (eth->h_proto == bpf_htons(ETH_P_IP)) {
#if FAULT == 3
    bpf_tail_call(ctx, &misses, STAGE_IPV4);
#elif FAULT == 5
    void* moved = ctx;
    asm volatile("%0 += 8" : "+r"(moved));
    bpf_tail_call(moved, &stages, STAGE_IPV4);
#else
    bpf_tail_call(ctx, &stages, STAGE_IPV4);
#endif
  }
  return XDP_PASS;
}

SEC("xdp")
int parse_ipv4(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  __u32* offset = (void*)(long)ctx->data_meta;
#if FAULT != 1
  if ((void*)(offset + 1) > data) return XDP_ABORTED;
#endif
  __u32 at = *offset & 0xff;
  struct iphdr* ip = data + at;
  if ((void*)(ip + 1) > end || ip->ihl < 5) return XDP_DROP;
  *offset = at + ip->ihl * 4;
  if (ip->protocol == IPPROTO_UDP) bpf_tail_call(ctx, &stages, STAGE_UDP);
  return XDP_PASS;
}

SEC("xdp")
int parse_udp(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  __u32* offset = (void*)(long)ctx->data_meta;
  if ((void*)(offset + 1) > data) return XDP_ABORTED;
  struct udphdr* udp = data + (*offset & 0xff);
#if FAULT == 2
  if ((void*)udp > end) return XDP_DROP;
#else
  if ((void*)(udp + 1) > end) return XDP_DROP;
#endif
  return udp->dest == bpf_htons(9) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
