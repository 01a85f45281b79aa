// SPDX-License-Identifier: Apache-2.0
// Logs packets of connections that are marked: a socket and a record are held at once.
// fault 1: reference-leak: the socket is kept when the buffer is full
// fault 2: reference-leak: the record is kept when the socket has no mark
// fault 3: reference-leak: the second look-up forgets the first socket
// fault 4: null-check: asks for the socket again, not for the record
// fault 5: type-confusion: releases the record as the socket and submits the socket
// fault 6: stack-depth: the logging function's buffer and its caller's exceed the stack
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct record {
  __u64 time;
  __u32 mark;
  __u32 state;
  __u32 source;
  __u32 destination;
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 17);
} records SEC(".maps");

__u64 lost;

static __noinline long log_drop(__u32 source, __u64 time) {
  char line[FAULT == 6 ? 480 : 64];
  line[0] = source;
  line[1] = time;
  asm volatile("" : : "r"(line) : "memory");
  __sync_fetch_and_add(&lost, 1);
  return line[0];
}

static __always_inline struct bpf_sock* find(struct xdp_md* ctx, struct bpf_sock_tuple* tuple) {
  return bpf_skc_lookup_tcp(ctx, tuple, sizeof(tuple->ipv4), BPF_F_CURRENT_NETNS, 0);
}

SEC("xdp")
int connection_logger(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct tcphdr* tcp = (void*)(ip + 1);
  if ((void*)(tcp + 1) > end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_TCP) return XDP_PASS;

  struct bpf_sock_tuple tuple = {};
  tuple.ipv4.saddr = ip->saddr;
  tuple.ipv4.daddr = ip->daddr;
  tuple.ipv4.sport = tcp->source;
  tuple.ipv4.dport = tcp->dest;
  struct bpf_sock* sk = find(ctx, &tuple);
  if (!sk) return XDP_PASS;
#if FAULT == 3
  tuple.ipv4.sport = 0;
  sk = find(ctx, &tuple);
  if (!sk) return XDP_PASS;
#endif
  struct record* record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
#if FAULT == 4
  if (!sk) {
#else
  if (!record) {
#endif
    log_drop(tuple.ipv4.saddr, 0);
#if FAULT != 1
    bpf_sk_release(sk);
#endif
    return XDP_PASS;
  }
  if (sk->state == BPF_TCP_LISTEN) {
#if FAULT != 2
    bpf_ringbuf_discard(record, 0);
#endif
    bpf_sk_release(sk);
    return XDP_PASS;
  }
  record->time = bpf_ktime_get_ns();
  record->mark = sk->bound_dev_if;
  record->state = sk->state;
  record->source = tuple.ipv4.saddr;
  record->destination = tuple.ipv4.daddr;
#if FAULT == 5
  bpf_ringbuf_submit(sk, 0);
  bpf_sk_release(record);
#else
  bpf_ringbuf_submit(record, 0);
  bpf_sk_release(sk);
#endif
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
