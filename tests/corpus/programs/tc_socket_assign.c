// SPDX-License-Identifier: Apache-2.0
// A transparent proxy: assigns packets for chosen ports to the proxy's listening socket.
// fault 1: reference-leak: the socket is not released after the assignment
// fault 2: reference-leak: the established connection's socket is replaced without a release
// fault 3: null-check: the proxy may not listen
// fault 4: type-confusion: assigns the tuple
// fault 5: null-check: reads the socket of the packet without its pointer's null check
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

const volatile __u16 proxy_port = 3128;
const volatile __u32 proxy_address = 0x0100007f;

SEC("tc")
int tc_socket_assign(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct tcphdr* tcp = (void*)(ip + 1);
  if ((void*)(tcp + 1) > end) return TC_ACT_OK;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return TC_ACT_OK;
  if (ip->protocol != IPPROTO_TCP || tcp->dest != bpf_htons(80)) return TC_ACT_OK;
#if FAULT == 5
  if (skb->sk->family != 0) return TC_ACT_OK;
#else
  if (skb->sk && skb->sk->family != 0) return TC_ACT_OK;
#endif

  struct bpf_sock_tuple tuple = {};
  tuple.ipv4.saddr = ip->saddr;
  tuple.ipv4.daddr = ip->daddr;
  tuple.ipv4.sport = tcp->source;
  tuple.ipv4.dport = tcp->dest;
  struct bpf_sock* sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
  if (sk && sk->state == BPF_TCP_LISTEN) {
#if FAULT != 2
    bpf_sk_release(sk);
#endif
    sk = 0;
  }
  if (!sk) {
    tuple.ipv4.daddr = proxy_address;
    tuple.ipv4.dport = bpf_htons(proxy_port);
    sk = bpf_skc_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
#if FAULT != 3
    if (!sk) return TC_ACT_SHOT;
#endif
  }
#if FAULT == 4
  long error = bpf_sk_assign(skb, &tuple, 0);
#else
  long error = bpf_sk_assign(skb, sk, 0);
#endif
#if FAULT != 1
  bpf_sk_release(sk);
#endif
  return error ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
