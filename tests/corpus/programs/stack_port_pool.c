// SPDX-License-Identifier: Apache-2.0
// Ports for translation come from a stack of free ones and go back when a flow ends.
// fault 1: stack-bounds: pops a pool's entry of four bytes into two at the frame's top
// fault 2: null-check: the flow that ends may be missing
// fault 3: packet-bounds: the TCP header's flags are not checked
// fault 4: uninitialised: gives a port back that was never written
// fault 5: type-confusion: pushes to a port's number in place of the map
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct flow {
  __u32 source;
  __u32 destination;
  __u32 ports;
  __u32 protocol;
} __attribute__((aligned(8)));

struct {
  __uint(type, BPF_MAP_TYPE_STACK);
  __uint(max_entries, 16384);
  __uint(value_size, 4);
} free_ports SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, struct flow);
  __type(value, __u32);
} used SEC(".maps");

static __always_inline int begin(const struct flow* flow) {
#if FAULT == 1
  void* top;
  asm volatile("%0 = r10; %0 += -2" : "=r"(top));
  if (bpf_map_pop_elem(&free_ports, top)) return XDP_DROP;
  __u32 port = *(__u16*)top;
#else
  __u32 port;
  if (bpf_map_pop_elem(&free_ports, &port)) return XDP_DROP;
#endif
  if (bpf_map_update_elem(&used, flow, &port, BPF_NOEXIST)) {
    bpf_map_push_elem(&free_ports, &port, BPF_ANY);
    return XDP_DROP;
  }
  return XDP_PASS;
}

static __always_inline int finish(const struct flow* flow) {
  __u32* port = bpf_map_lookup_elem(&used, flow);
#if FAULT != 2
  if (!port) return XDP_PASS;
#endif
  __u32 copy;
#if FAULT != 4
  copy = *port;
#endif
#if FAULT == 5
  bpf_map_push_elem((void*)(long)*port, &copy, BPF_ANY);
#else
  bpf_map_push_elem(&free_ports, &copy, BPF_ANY);
#endif
  bpf_map_delete_elem(&used, flow);
  return XDP_PASS;
}

SEC("xdp")
int stack_port_pool(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct tcphdr* tcp = (void*)(ip + 1);
#if FAULT == 3
  if ((void*)&tcp->seq > end) return XDP_PASS;
#else
  if ((void*)(tcp + 1) > end) return XDP_PASS;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_TCP) return XDP_PASS;
  struct flow flow = {ip->saddr, ip->daddr, (__u32)tcp->source << 16 | tcp->dest, IPPROTO_TCP};
  if (tcp->syn && !tcp->ack) return begin(&flow);
  if (tcp->fin || tcp->rst) return finish(&flow);
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
