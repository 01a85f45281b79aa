// SPDX-License-Identifier: Apache-2.0
// Keeps the last ports each source tried, and blocks it when many of them differ.
// fault 1: map-bounds: the history's place is not wrapped
// fault 2: null-check: the history may be missing
// fault 3: termination: compares ports until one differs, and never steps
// fault 4: packet-bounds: the TCP header is not checked
// fault 5: return-range: the loop's callback returns the number of ports
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define PORTS 16

struct history {
  __u32 place;
  __u32 blocked;
  __u16 ports[PORTS];
};

struct search {
  __u32 source;
  __u32 different;
  __u16 port;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, __u32);
  __type(value, struct history);
} histories SEC(".maps");

static long compare(__u32 index, struct search* search) {
  struct history* history = bpf_map_lookup_elem(&histories, &search->source);
  if (!history) return 1;
  if (history->ports[index & (PORTS - 1)] != search->port) search->different += 1;
#if FAULT == 5
  return search->different;
#else
  return 0;
#endif
}

SEC("xdp")
int port_scan_detector(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct tcphdr* tcp = (void*)(ip + 1);
#if FAULT == 4
  if ((void*)(ip + 1) > end) return XDP_PASS;
#else
  if ((void*)(tcp + 1) > end) return XDP_PASS;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_TCP || !tcp->syn || tcp->ack) return XDP_PASS;

  struct search search = {.source = ip->saddr, .port = tcp->dest};
  struct history* history = bpf_map_lookup_elem(&histories, &search.source);
#if FAULT != 2
  if (!history) {
    struct history fresh = {.place = 1, .ports = {tcp->dest}};
    bpf_map_update_elem(&histories, &search.source, &fresh, BPF_ANY);
    return XDP_PASS;
  }
#endif
  if (history->blocked) return XDP_DROP;
#if FAULT == 3
  __u32 at = 0;
  while (history->ports[at] == search.port) asm volatile("" : "+r"(at));
#endif
  __u32 place = history->place;
#if FAULT != 1
  place &= PORTS - 1;
#endif
  history->ports[place] = search.port;
  history->place = place + 1;
  bpf_loop(PORTS, compare, &search, 0);
  if (search.different >= PORTS - 1) history->blocked = 1;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
