// SPDX-License-Identifier: Apache-2.0
// Dissects flows of IPv4 and IPv6 for the kernel: addresses, protocol and ports.
// fault 1: packet-bounds: the header is read at its offset without a check of its end
// fault 2: read-only-write: clears the fragment field in the packet
// fault 3: context-access: writes the pointer to the keys
// fault 4: context-access: writes behind the keys
// fault 5: packet-bounds: the ports are read by an unchecked header length
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

static __always_inline int ports(struct __sk_buff* skb, struct bpf_flow_keys* keys) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  __u16 offset = keys->thoff;
  if (offset > 256) return BPF_DROP;
  __be16* pair = data + offset;
#if FAULT == 5
  if ((void*)(pair + 1) > end) return BPF_DROP;
#else
  if ((void*)(pair + 2) > end) return BPF_DROP;
#endif
  keys->sport = pair[0];
  keys->dport = pair[1];
  return BPF_OK;
}

SEC("flow_dissector")
int flow_dissector_basic(struct __sk_buff* skb) {
  struct bpf_flow_keys* keys = skb->flow_keys;
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  __u16 offset = keys->nhoff;
  if (offset > 128) return BPF_DROP;
#if FAULT == 3
  *(volatile __u64*)&skb->flow_keys = 0;
#endif
  if (keys->n_proto == bpf_htons(ETH_P_IP)) {
    struct iphdr* ip = data + offset;
#if FAULT == 1
    if ((void*)ip + 8 > end) return BPF_DROP;
#else
    if ((void*)(ip + 1) > end) return BPF_DROP;
#endif
    if (ip->ihl < 5) return BPF_DROP;
    keys->addr_proto = ETH_P_IP;
    keys->ipv4_src = ip->saddr;
    keys->ipv4_dst = ip->daddr;
    keys->ip_proto = ip->protocol;
    keys->thoff = offset + ip->ihl * 4;
    if (ip->frag_off & bpf_htons(0x3fff)) {
      keys->is_frag = 1;
#if FAULT == 2
      ip->frag_off = 0;
#endif
      return BPF_OK;
    }
  } else if (keys->n_proto == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr* ip = data + offset;
    if ((void*)(ip + 1) > end) return BPF_DROP;
    keys->addr_proto = ETH_P_IPV6;
    __builtin_memcpy(keys->ipv6_src, &ip->saddr, 16);
    __builtin_memcpy(keys->ipv6_dst, &ip->daddr, 16);
    keys->ip_proto = ip->nexthdr;
    keys->thoff = offset + sizeof(*ip);
  } else {
    return BPF_DROP;
  }
#if FAULT == 4
  *(volatile __u32*)(keys + 1) = offset;
#endif
  if (keys->ip_proto != IPPROTO_TCP && keys->ip_proto != IPPROTO_UDP) return BPF_OK;
  return ports(skb, keys);
}

char _license[] SEC("license") = "GPL";
