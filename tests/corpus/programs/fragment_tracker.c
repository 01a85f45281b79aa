// SPDX-License-Identifier: Apache-2.0
// Remembers the ports of first IPv4 fragments so that later ones are judged alike.
// fault 1: packet-bounds: a later fragment's ports are read although it has none
// fault 2: null-check: the datagram of a later fragment may be unknown
// fault 3: uninitialised: the key's padding is not written
// fault 4: map-bounds: the table of ports is indexed by the fragment's offset
// fault 5: lock-balance: the lock of the datagram is kept on the path of first fragments
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct datagram {
  __u8 protocol;
  __u8 pad;
  __u16 id;
  __u32 source;
  __u32 destination;
};

struct state {
  struct bpf_spin_lock lock;
  __u16 ports[2];
  __u32 fragments;
  __u8 seen[32];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct datagram);
  __type(value, struct state);
} datagrams SEC(".maps");

SEC("xdp")
int fragment_tracker(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  __u16 field = bpf_ntohs(ip->frag_off);
  if (!(field & 0x3fff) || ip->ihl != 5) return XDP_PASS;
  __u16* ports = (void*)(ip + 1);

  struct datagram key;
  key.protocol = ip->protocol;
#if FAULT != 3
  key.pad = 0;
#endif
  key.id = ip->id;
  key.source = ip->saddr;
  key.destination = ip->daddr;
  __u32 offset = field & 0x1fff;
  if (offset == 0) {
#if FAULT != 1
    if ((void*)(ports + 2) > end) return XDP_DROP;
#endif
    struct state fresh = {.ports = {ports[0], ports[1]}};
    bpf_map_update_elem(&datagrams, &key, &fresh, BPF_ANY);
  }
  struct state* state = bpf_map_lookup_elem(&datagrams, &key);
#if FAULT != 2
  if (!state) return XDP_DROP;
#endif
  __u32 place = offset >> 8;
#if FAULT == 4
  place = offset >> 7;
#endif
  bpf_spin_lock(&state->lock);
  state->fragments += 1;
  state->seen[place] = 1;
  __u16 port = state->ports[1];
#if FAULT == 5
  if (offset == 0) return XDP_PASS;
#endif
  bpf_spin_unlock(&state->lock);
  return port == bpf_htons(53) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
