// SPDX-License-Identifier: Apache-2.0
// Steers QUIC packets by the first bytes of their destination connection id.
// fault 1: packet-bounds: a long header's id is read without a check
// fault 2: packet-bounds: a short header's id is read with a check of one byte only
// fault 3: null-check: the connection's socket index may be missing
// fault 4: helper-argument: redirects to sockets through the connections' map
// fault 5: read-only-write: counts in the read-only configuration
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, __u64);
  __type(value, __u32);
} connections SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_XSKMAP);
  __uint(max_entries, 32);
  __uint(key_size, 4);
  __uint(value_size, 4);
} sockets SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __uint(map_flags, BPF_F_RDONLY_PROG);
  __type(key, __u32);
  __type(value, __u64);
} versions SEC(".maps");

SEC("xdp")
int quic_connection_id(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct udphdr* udp = (void*)(ip + 1);
  __u8* quic = (void*)(udp + 1);
  if ((void*)(quic + 1) > end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_UDP || udp->dest != bpf_htons(443)) return XDP_PASS;

  __u64 id;
  if (quic[0] & 0x80) {
#if FAULT != 1
    if ((void*)(quic + 14) > end) return XDP_DROP;
#endif
    if (quic[5] < 8 || quic[5] > 20) return XDP_DROP;
    __builtin_memcpy(&id, quic + 6, 8);
  } else {
#if FAULT != 2
    if ((void*)(quic + 9) > end) return XDP_DROP;
#endif
    __builtin_memcpy(&id, quic + 1, 8);
  }
  __u32 row = quic[0] >> 7;
  __u64* version = bpf_map_lookup_elem(&versions, &row);
  if (!version || *version == 0) return XDP_PASS;
#if FAULT == 5
  *version += 1;
#endif
  __u32* index = bpf_map_lookup_elem(&connections, &id);
#if FAULT != 3
  if (!index) {
    __u32 queue = ctx->rx_queue_index;
    bpf_map_update_elem(&connections, &id, &queue, BPF_ANY);
    return XDP_PASS;
  }
#endif
#if FAULT == 4
  return bpf_redirect_map(&connections, *index, XDP_PASS);
#else
  return bpf_redirect_map(&sockets, *index, XDP_PASS);
#endif
}

char _license[] SEC("license") = "GPL";
