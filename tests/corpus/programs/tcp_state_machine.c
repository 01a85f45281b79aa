// SPDX-License-Identifier: Apache-2.0
// Follows TCP connections through a table of transitions and drops what does not fit.
// fault 1: map-bounds: the state from the map indexes the table of transitions unchecked
// fault 2: null-check: the connection may be missing
// fault 3: packet-bounds: the subprogram reads flags behind a check of the ports
// fault 4: stack-depth: the subprogram's trace and the caller's exceed the stack
// fault 5: read-only-write: learns a transition in the constant table
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

enum { NONE, SYN_SENT, ESTABLISHED, CLOSING, STATES };
enum { ON_SYN, ON_ACK, ON_FIN, ON_RST, EVENTS };

struct connection {
  __u32 addresses;
  __u32 ports;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, struct connection);
  __type(value, __u32);
} states SEC(".maps");

const volatile __u8 transitions[STATES * EVENTS] = {
    SYN_SENT, NONE,        NONE,    NONE,  // NONE
    SYN_SENT, ESTABLISHED, CLOSING, NONE,  // SYN_SENT
    NONE,     ESTABLISHED, CLOSING, NONE,  // ESTABLISHED
    NONE,     CLOSING,     CLOSING, NONE,  // CLOSING
};

static __noinline int event_of(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct tcphdr* tcp = data + sizeof(struct ethhdr) + sizeof(struct iphdr);
#if FAULT == 4
  __u64 trace[56];
  trace[0] = ctx->rx_queue_index;
  asm volatile("" : : "r"(trace) : "memory");
#endif
#if FAULT == 3
  if ((void*)&tcp->seq > end) return -1;
#else
  if ((void*)(tcp + 1) > end) return -1;
#endif
  if (tcp->rst) return ON_RST;
  if (tcp->fin) return ON_FIN;
  if (tcp->syn) return ON_SYN;
  return tcp->ack ? ON_ACK : -1;
}

SEC("xdp")
int tcp_state_machine(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  __u16* ports = (void*)(ip + 1);
  if ((void*)(ports + 2) > end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_TCP) return XDP_PASS;
#if FAULT == 4
  __u64 trace[16];
  trace[0] = ip->saddr;
  asm volatile("" : : "r"(trace) : "memory");
#endif
  struct connection key = {ip->saddr ^ ip->daddr, ports[0] ^ ports[1]};
  int event = event_of(ctx);
  if (event < 0 || event >= EVENTS) return XDP_DROP;
  __u32* state = bpf_map_lookup_elem(&states, &key);
#if FAULT != 2
  if (!state) {
    __u32 first = event == ON_SYN ? SYN_SENT : NONE;
    if (first) bpf_map_update_elem(&states, &key, &first, BPF_ANY);
    return first ? XDP_PASS : XDP_DROP;
  }
#endif
  __u32 now = *state;
#if FAULT != 1
  if (now >= STATES) return XDP_ABORTED;
#endif
  __u32 next = transitions[now * EVENTS + event];
#if FAULT == 5
  *(volatile __u8*)&transitions[now * EVENTS + event] = next + 1;
#endif
  *state = next;
  return next == NONE && event != ON_RST ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
