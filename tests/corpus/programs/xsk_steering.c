// SPDX-License-Identifier: Apache-2.0
// Hands packets of chosen UDP ports to user space through AF_XDP, if a socket is bound.
// fault 1: null-check: the queue may have no socket
// fault 2: packet-bounds: the port is read without a check
// fault 3: context-access: reads the queue's index as 64 bits
// fault 4: read-only-write: writes the socket's queue
// fault 5: map-bounds: the port's bit is found without a division by the word's size
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_XSKMAP);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u32);
} sockets SEC(".maps");

__u64 wanted[1024];
__u64 redirected;

SEC("xdp")
int xsk_steering(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  if (ip->protocol != IPPROTO_UDP || ip->ihl < 5) return XDP_PASS;
  if (ip->frag_off & bpf_htons(0x1fff)) return XDP_PASS;
  struct udphdr* udp = (void*)ip + ip->ihl * 4;
#if FAULT != 2
  if ((void*)(udp + 1) > end) return XDP_PASS;
#endif
  __u32 port = bpf_ntohs(udp->dest);
#if FAULT == 5
  __u64 word = wanted[port];
#else
  __u64 word = wanted[port / 64];
#endif
  if (!(word >> (port & 63) & 1)) return XDP_PASS;

#if FAULT == 3
  __u64 queue;
  asm volatile("%0 = *(u64 *)(%1 + 16)" : "=r"(queue) : "r"(ctx));
  __u32 index = queue;
#else
  __u32 index = ctx->rx_queue_index;
#endif
  struct bpf_xdp_sock* socket = bpf_map_lookup_elem(&sockets, &index);
#if FAULT != 1
  if (!socket) return XDP_PASS;
#endif
  if (socket->queue_id != index) return XDP_DROP;
#if FAULT == 4
  socket->queue_id = 0;
#endif
  __sync_fetch_and_add(&redirected, 1);
  return bpf_redirect_map(&sockets, index, XDP_PASS);
}

char _license[] SEC("license") = "GPL";
