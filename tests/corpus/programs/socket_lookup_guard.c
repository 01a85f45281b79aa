// SPDX-License-Identifier: Apache-2.0
// Lets only TCP through that belongs to a socket here, from tc with release on each path.
// fault 1: reference-leak: the socket is kept when it is bound to another mark
// fault 2: null-check: there may be no socket
// fault 3: packet-bounds: the tuple is the packet itself, checked too short
// fault 4: helper-argument: the tuple's size is that of IPv6 but the tuple is shorter
// fault 5: read-only-write: writes the socket's mark
// fault 6: type-confusion: reads the socket's fields after it was released
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct tuple4 {
  __be32 saddr, daddr;
  __be16 sport, dport;
};

__u64 strays;
__u32 last_mark;

SEC("tc")
int socket_lookup_guard(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
#if FAULT == 3
  if ((void*)(ip + 1) > end) return TC_ACT_OK;
#else
  if ((void*)(ip + 1) + 4 > end) return TC_ACT_OK;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return TC_ACT_OK;
  if (ip->protocol != IPPROTO_TCP) return TC_ACT_OK;

  struct bpf_sock_tuple* tuple = (void*)&ip->saddr;
#if FAULT == 4
  struct tuple4 copy = *(struct tuple4*)tuple;
  struct bpf_sock* sk =
      bpf_sk_lookup_tcp(skb, (void*)&copy, sizeof(tuple->ipv6), BPF_F_CURRENT_NETNS, 0);
#else
  struct bpf_sock* sk = bpf_sk_lookup_tcp(skb, tuple, sizeof(tuple->ipv4), BPF_F_CURRENT_NETNS, 0);
#endif
#if FAULT != 2
  if (!sk) {
    __sync_fetch_and_add(&strays, 1);
    return TC_ACT_SHOT;
  }
#endif
  if (sk->mark != 0 && sk->mark != skb->mark) {
#if FAULT != 1
    bpf_sk_release(sk);
#endif
    return TC_ACT_SHOT;
  }
#if FAULT == 5
  sk->mark = skb->mark;
#endif
#if FAULT == 6
  bpf_sk_release(sk);
  last_mark = sk->mark;
#else
  last_mark = sk->mark;
  bpf_sk_release(sk);
#endif
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
