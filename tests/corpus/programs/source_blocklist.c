// SPDX-License-Identifier: Apache-2.0
// Drops listed sources of IPv4 and IPv6, and reports each first drop over a ring buffer.
// fault 1: reference-leak: the record is not submitted when the source was seen before
// fault 2: null-check: the ring buffer may be full
// fault 3: map-bounds: writes behind the reserved record
// fault 4: null-check: the list may lack the source
// fault 5: helper-argument: the record's size depends on the packet
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct source {
  __u32 words[4];
};

struct state {
  __u64 dropped;
  __u64 until;
};

struct event {
  struct source source;
  __u64 time;
  __u32 interface;
  __u32 size;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 65536);
  __type(key, struct source);
  __type(value, struct state);
} blocked SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 16);
} events SEC(".maps");

SEC("xdp")
int source_blocklist(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end) return XDP_PASS;
  struct source source = {};
  if (eth->h_proto == bpf_htons(ETH_P_IP)) {
    struct iphdr* ip = (void*)(eth + 1);
    if ((void*)(ip + 1) > end) return XDP_PASS;
    source.words[0] = ip->saddr;
  } else if (eth->h_proto == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr* ip = (void*)(eth + 1);
    if ((void*)(ip + 1) > end) return XDP_PASS;
    __builtin_memcpy(&source, &ip->saddr, sizeof(source));
  } else {
    return XDP_PASS;
  }
  struct state* state = bpf_map_lookup_elem(&blocked, &source);
#if FAULT != 4
  if (!state) return XDP_PASS;
#endif
  __u64 now = bpf_ktime_get_ns();
  if (now > state->until) return XDP_PASS;

#if FAULT == 5
  struct event* event = bpf_ringbuf_reserve(&events, sizeof(*event) + eth->h_dest[0], 0);
#else
  struct event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
#endif
#if FAULT != 2
  if (!event) return XDP_DROP;
#endif
  if (__sync_fetch_and_add(&state->dropped, 1) > 0) {
#if FAULT != 1
    bpf_ringbuf_discard(event, 0);
#endif
    return XDP_DROP;
  }
  event->source = source;
  event->time = now;
  event->interface = ctx->ingress_ifindex;
#if FAULT == 3
  *(volatile __u32*)(event + 1) = end - data;
#else
  event->size = end - data;
#endif
  bpf_ringbuf_submit(event, 0);
  return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
