// SPDX-License-Identifier: Apache-2.0
// Counts packets and bytes per protocol, per CPU and in sizes of powers of two.
// fault 1: null-check: the row may be missing
// fault 2: map-bounds: the size's class is not limited to the histogram
// fault 3: context-access: counts in the context's queue field
// fault 4: packet-bounds: the protocol is read behind a check of the Ethernet header only
// fault 5: packet-bounds: the key is a packet field with too few checked bytes behind it
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define CLASSES 12

struct row {
  __u64 packets;
  __u64 bytes;
  __u64 classes[CLASSES];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 256);
  __type(key, __u32);
  __type(value, struct row);
} rows SEC(".maps");

static __always_inline __u32 class_of(__u64 size) {
  __u32 class = 0;
  for (int i = 0; i < 16; ++i) {
    if (size <= 1) break;
    size >>= 1;
    class += 1;
  }
  return class;
}

SEC("xdp")
int protocol_counters(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  struct iphdr* ip = (void*)(eth + 1);
#if FAULT == 4
  if ((void*)ip + 8 > end) return XDP_PASS;
#else
  if ((void*)(ip + 1) > end) return XDP_PASS;
#endif
#if FAULT == 5
  struct row* row = bpf_map_lookup_elem(&rows, (void*)ip + 18);
#else
  __u32 protocol = ip->protocol;
  struct row* row = bpf_map_lookup_elem(&rows, &protocol);
#endif
#if FAULT != 1
  if (!row) return XDP_PASS;
#endif
  __u64 size = end - data;
  row->packets += 1;
  row->bytes += size;
  __u32 class = class_of(size);
#if FAULT == 2
  if (class > CLASSES) class = CLASSES;
#else
  if (class > CLASSES - 1) class = CLASSES - 1;
#endif
  row->classes[class] += 1;
#if FAULT == 3
  ctx->rx_queue_index += 1;
#endif
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
