// SPDX-License-Identifier: Apache-2.0
// Strips VXLAN and sends the inner frame to the port of its network.
// fault 1: packet-bounds: the VXLAN header is not checked, only the UDP header
// fault 2: packet-bounds: the inner frame is not checked
// fault 3: stale-packet-pointer: reads the inner destination after the move
// fault 4: helper-argument: redirects through a hash map
// fault 5: null-check: the network's port may be missing
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct vxlan {
  __be32 flags;
  __be32 network;
};

struct port {
  __u32 index;
  __u32 pad;
  __u64 multicast;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 512);
  __type(key, __u32);
  __type(value, struct port);
} networks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __uint(max_entries, 64);
  __uint(key_size, 4);
  __uint(value_size, 4);
} ports SEC(".maps");

SEC("xdp")
int vxlan_decap(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct udphdr* udp = (void*)(ip + 1);
  struct vxlan* vxlan = (void*)(udp + 1);
#if FAULT == 1
  if ((void*)(udp + 1) > end) return XDP_PASS;
#else
  if ((void*)(vxlan + 1) > end) return XDP_PASS;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_UDP || udp->dest != bpf_htons(4789)) return XDP_PASS;
  if (!(vxlan->flags & bpf_htonl(0x08000000))) return XDP_DROP;

  __u32 network = bpf_ntohl(vxlan->network) >> 8;
  struct port* port = bpf_map_lookup_elem(&networks, &network);
#if FAULT != 5
  if (!port) return XDP_DROP;
#endif
  struct ethhdr* inner = (void*)(vxlan + 1);
#if FAULT != 2
  if ((void*)(inner + 1) > end) return XDP_DROP;
#endif
  __u8 multicast = inner->h_dest[0] & 1;
  __u32 index = port->index;
  if (bpf_xdp_adjust_head(ctx, (void*)inner - data)) return XDP_ABORTED;
#if FAULT == 3
  multicast = inner->h_dest[0] & 1;
#endif
  if (multicast) {
    __sync_fetch_and_add(&port->multicast, 1);
    return XDP_PASS;
  }
#if FAULT == 4
  return bpf_redirect_map(&networks, index, 0);
#else
  return bpf_redirect_map(&ports, index, 0);
#endif
}

char _license[] SEC("license") = "GPL";
