// SPDX-License-Identifier: Apache-2.0
// Checks ACKs of SYN cookies against the listening socket and drops those that are false.
// fault 1: reference-leak: the socket is not released when it is not listening
// fault 2: null-check: there may be no socket
// fault 3: type-confusion: releases the tuple instead of the socket
// fault 4: helper-argument: the size of the TCP header is not limited by the packet
// fault 5: packet-bounds: the TCP header is not checked
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

__u64 valid, invalid;

SEC("xdp")
int syn_cookie_issuer(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct tcphdr* tcp = (void*)(ip + 1);
#if FAULT == 5
  if ((void*)tcp + 8 > end) return XDP_PASS;
#else
  if ((void*)(tcp + 1) > end) return XDP_PASS;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_TCP || tcp->syn || !tcp->ack) return XDP_PASS;

  struct bpf_sock_tuple tuple = {};
  tuple.ipv4.saddr = ip->saddr;
  tuple.ipv4.daddr = ip->daddr;
  tuple.ipv4.sport = tcp->source;
  tuple.ipv4.dport = tcp->dest;
  struct bpf_sock* sk = bpf_skc_lookup_tcp(ctx, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
#if FAULT != 2
  if (!sk) return XDP_PASS;
#endif
  if (sk->state != BPF_TCP_LISTEN) {
#if FAULT != 1
    bpf_sk_release(sk);
#endif
    return XDP_PASS;
  }
#if FAULT == 4
  long result = bpf_tcp_check_syncookie(sk, ip, sizeof(*ip), tcp, tcp->doff * 4);
#else
  long result = bpf_tcp_check_syncookie(sk, ip, sizeof(*ip), tcp, sizeof(*tcp));
#endif
#if FAULT == 3
  bpf_sk_release((void*)&tuple);
#else
  bpf_sk_release(sk);
#endif
  if (result < 0) {
    __sync_fetch_and_add(&invalid, 1);
    return XDP_DROP;
  }
  __sync_fetch_and_add(&valid, 1);
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
