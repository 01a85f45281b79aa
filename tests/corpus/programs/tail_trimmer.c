// SPDX-License-Identifier: Apache-2.0
// Cuts padding behind the IPv4 datagram and adds a trailer with a timestamp.
// fault 1: stale-packet-pointer: writes the trailer through the end from before
// fault 2: packet-bounds: the packet grows by half a trailer, and is not checked
// fault 3: packet-bounds: the trailer's place is doubled, and only the packet's start is checked
// fault 4: helper-argument: cuts the tail with the packet's start in the context's place
// fault 5: packet-bounds: the trailer may lie before the packet
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct trailer {
  __u32 magic;
  __u32 queue;
  __u64 time;
};

SEC("xdp")
int tail_trimmer(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  __u32 size = bpf_ntohs(ip->tot_len) + sizeof(*eth);
  __u32 have = end - data;
  if (size > have) return XDP_DROP;
  if (size > 1500) return XDP_PASS;
#if FAULT == 4
  if (bpf_xdp_adjust_tail(data, (int)(size - have))) return XDP_DROP;
#else
  if (bpf_xdp_adjust_tail(ctx, (int)(size - have))) return XDP_DROP;
#endif
  if (bpf_xdp_adjust_tail(ctx, sizeof(struct trailer) / (FAULT == 2 ? 2 : 1))) return XDP_PASS;

#if FAULT != 1
  data = (void*)(long)ctx->data;
  end = (void*)(long)ctx->data_end;
#endif
#if FAULT == 5
  __s64 place = (__s64)size - 1024;
#else
  __s64 place = (FAULT == 3 ? 2 : 1) * size;
#endif
  struct trailer* trailer = data + place;
#if FAULT == 3
  if (data + sizeof(*trailer) > end) return XDP_DROP;
#elif FAULT != 2
  if ((void*)(trailer + 1) > end) return XDP_DROP;
#endif
  trailer->magic = bpf_htonl(0x7a657874);
  trailer->queue = ctx->rx_queue_index;
  trailer->time = bpf_ktime_get_ns();
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
