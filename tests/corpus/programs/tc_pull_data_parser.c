// SPDX-License-Identifier: Apache-2.0
// Pulls the headers of non-linear packets into reach and classifies by port.
// fault 1: stale-packet-pointer: goes on with the pointers from before the pull
// fault 2: packet-bounds: trusts the pull and does not check again
// fault 3: null-check: the class of the port may be missing
// fault 4: context-access: writes the packet's start
// fault 5: packet-bounds: the header's length is not part of the transport header's check
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u16);
  __type(value, __u32);
} classes SEC(".maps");

SEC("tc")
int tc_pull_data_parser(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  __u32 wanted = sizeof(*eth) + 60 + sizeof(struct udphdr);
  if (data + wanted > end && skb->len >= wanted) {
    if (bpf_skb_pull_data(skb, wanted)) return TC_ACT_OK;
#if FAULT != 1
    data = (void*)(long)skb->data;
    end = (void*)(long)skb->data_end;
#endif
    eth = data;
    ip = (void*)(eth + 1);
  }
#if FAULT != 2
  if ((void*)(ip + 1) > end) return TC_ACT_OK;
#else
  if (end < data) return TC_ACT_OK;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != IPPROTO_UDP) return TC_ACT_OK;
  if (ip->ihl < 5) return TC_ACT_SHOT;
  struct udphdr* udp = (void*)ip + ip->ihl * 4;
#if FAULT == 5
  if ((void*)(ip + 1) + sizeof(*udp) > end) return TC_ACT_SHOT;
#else
  if ((void*)(udp + 1) > end) return TC_ACT_SHOT;
#endif
  __u16 port = bpf_ntohs(udp->dest);
  __u32* class = bpf_map_lookup_elem(&classes, &port);
#if FAULT != 3
  if (!class) return TC_ACT_OK;
#endif
  __u32 id = *class;
#if FAULT == 4
  skb->data = id;
#else
  skb->tc_classid = id;
#endif
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
