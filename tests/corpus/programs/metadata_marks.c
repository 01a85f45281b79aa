// SPDX-License-Identifier: Apache-2.0
// XDP leaves a mark in front of the packet, and the classifier takes it from there.
// fault 1: stale-packet-pointer: uses the packet from before the metadata was made
// fault 2: packet-bounds: the classifier reads metadata that may not be there
// fault 3: packet-bounds: the IPv4 header is checked at its start only
// fault 4: pointer-arithmetic: multiplies the metadata's pointer
// fault 5: context-access: the classifier writes the packet's length
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct note {
  __u32 magic;
  __u32 mark;
};

SEC("xdp")
int leave_note(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(struct note))) return XDP_PASS;
#if FAULT != 1
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
#endif
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + (FAULT != 3)) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  struct note* note = (void*)(long)ctx->data_meta;
#if FAULT == 4
  asm volatile("%0 *= 2" : "+r"(note));
#endif
  if ((void*)(note + 1) > data) return XDP_PASS;
  note->magic = 0x7a657874;
  note->mark = ip->tos >> 2;
  return XDP_PASS;
}

SEC("tc")
int take_note(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  struct note* note = (void*)(long)skb->data_meta;
#if FAULT == 2
  if ((void*)note > data) return TC_ACT_OK;
#else
  if ((void*)(note + 1) > data) return TC_ACT_OK;
#endif
  if (note->magic != 0x7a657874) return TC_ACT_OK;
  __u32 mark = note->mark;
#if FAULT == 5
  skb->len = mark;
#else
  skb->mark = mark;
#endif
  skb->priority = mark & 7;
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
