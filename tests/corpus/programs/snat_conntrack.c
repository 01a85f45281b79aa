// SPDX-License-Identifier: Apache-2.0
// Source NAT for UDP: a table of connections, and ports taken from a counter.
// fault 1: null-check: the connection just made may be missing again
// fault 2: packet-bounds: the UDP header is not checked
// fault 3: uninitialised: the padding of the key is not written
// fault 4: helper-argument: the update's map and key are swapped
// fault 5: pointer-arithmetic: the UDP header is found by adding two packet pointers
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct flow {
  __u32 source;
  __u32 destination;
  __u16 source_port;
  __u16 destination_port;
  __u8 protocol;
  __u8 pad[3];
};

struct translation {
  __u64 last_seen;
  __u32 address;
  __u16 port;
  __u16 flags;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, struct flow);
  __type(value, struct translation);
} connections SEC(".maps");

__u32 next_port;
const volatile __u32 public_address = 0x0100000a;

static __always_inline __u16 fold(__u32 sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16);
}

SEC("xdp")
int snat_conntrack(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  if (data + sizeof(*eth) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  struct iphdr* ip = data + sizeof(*eth);
  if ((void*)(ip + 1) > end || ip->ihl != 5 || ip->protocol != IPPROTO_UDP) return XDP_PASS;
#if FAULT == 5
  void* sum_of_pointers = data;
  asm volatile("%0 += %1" : "+r"(sum_of_pointers) : "r"(ip));
  struct udphdr* udp = sum_of_pointers;
#else
  struct udphdr* udp = (void*)(ip + 1);
#endif
#if FAULT != 2
  if ((void*)(udp + 1) > end) return XDP_PASS;
#endif

  struct flow key;
  key.source = ip->saddr;
  key.destination = ip->daddr;
  key.source_port = udp->source;
  key.destination_port = udp->dest;
  key.protocol = IPPROTO_UDP;
#if FAULT != 3
  __builtin_memset(key.pad, 0, sizeof(key.pad));
#endif

  struct translation* found = bpf_map_lookup_elem(&connections, &key);
  if (!found) {
    struct translation fresh = {.address = public_address};
    __u32 port = next_port++;
    fresh.port = bpf_htons(1024 + (port & 0x7fff));
#if FAULT == 4
    if (bpf_map_update_elem(&key, &connections, &fresh, BPF_NOEXIST)) return XDP_DROP;
#else
    if (bpf_map_update_elem(&connections, &key, &fresh, BPF_NOEXIST)) return XDP_DROP;
#endif
    found = bpf_map_lookup_elem(&connections, &key);
#if FAULT != 1
    if (!found) return XDP_DROP;
#endif
  }
  found->last_seen = bpf_ktime_get_ns();
  __u32 to = found->address;
  __u32 sum = (__u16)~ip->check;
  sum += (~ip->saddr & 0xffff) + (~ip->saddr >> 16) + (to & 0xffff) + (to >> 16);
  ip->check = ~fold(sum);
  ip->saddr = to;
  udp->source = found->port;
  udp->check = 0;
  return XDP_TX;
}

char _license[] SEC("license") = "GPL";
