// SPDX-License-Identifier: Apache-2.0
// Destination NAT in the classifier: the helpers mend checksums and store the address.
// fault 1: stale-packet-pointer: reads the protocol after the helpers wrote the packet
// fault 2: null-check: the service may be missing
// fault 3: stack-bounds: stores eight bytes from four at the frame's top
// fault 4: helper-argument: the length of the store comes from the service and may be zero
// fault 5: packet-bounds: the TCP header is not checked before its ports are read
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define IP_AT sizeof(struct ethhdr)
#define TCP_AT (IP_AT + sizeof(struct iphdr))

struct service {
  __be32 address;
  __be16 port;
  __be16 flags;
};

struct backend {
  __be32 address;
  __be16 port;
  __u16 size;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 512);
  __type(key, struct service);
  __type(value, struct backend);
} services SEC(".maps");

SEC("tc")
int tc_nat_checksum(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct tcphdr* tcp = (void*)(ip + 1);
#if FAULT == 5
  if ((void*)tcp > end) return TC_ACT_OK;
#else
  if ((void*)(tcp + 1) > end) return TC_ACT_OK;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return TC_ACT_OK;
  if (ip->protocol != IPPROTO_TCP) return TC_ACT_OK;

  __be32 old = ip->daddr;
  struct service key = {.address = old, .port = tcp->dest};
  struct backend* backend = bpf_map_lookup_elem(&services, &key);
#if FAULT != 2
  if (!backend) return TC_ACT_OK;
#endif
  __be32 fresh = backend->address;
  __u64 flags = BPF_F_PSEUDO_HDR | sizeof(fresh);
  if (bpf_l4_csum_replace(skb, TCP_AT + 16, old, fresh, flags)) return TC_ACT_SHOT;
  if (bpf_l3_csum_replace(skb, IP_AT + 10, old, fresh, sizeof(fresh))) return TC_ACT_SHOT;
#if FAULT == 3
  void* top;
  asm volatile("%0 = r10; %0 += -4; *(u32 *)(%0 + 0) = %1" : "=&r"(top) : "r"(fresh) : "memory");
  if (bpf_skb_store_bytes(skb, IP_AT + 16, top, 8, 0)) return TC_ACT_SHOT;
#elif FAULT == 4
  if (bpf_skb_store_bytes(skb, IP_AT + 16, &fresh, backend->size & 4, 0)) return TC_ACT_SHOT;
#else
  if (bpf_skb_store_bytes(skb, IP_AT + 16, &fresh, sizeof(fresh), 0)) return TC_ACT_SHOT;
#endif
#if FAULT == 1
  if (ip->protocol != IPPROTO_TCP) return TC_ACT_SHOT;
#endif
  skb->mark = backend->port;
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
