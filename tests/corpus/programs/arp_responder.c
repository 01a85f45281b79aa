// SPDX-License-Identifier: Apache-2.0
// Answers ARP requests for addresses in a table.
// fault 1: packet-bounds: only ARP's fixed header is checked
// fault 2: null-check: the table may lack the address
// fault 3: uninitialised: the interface in the key is not written
// fault 4: map-bounds: copies the address from one byte too far in the value
// fault 5: helper-argument: updates the table with flags as the value
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct arp {
  __be16 hardware, protocol;
  __u8 hardware_size, protocol_size;
  __be16 operation;
  __u8 sender[6];
  __u8 sender_ip[4];
  __u8 target[6];
  __u8 target_ip[4];
};

struct key {
  __u32 interface;
  __u8 address[4];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, struct key);
  __type(value, __u8[6]);
} owned SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 256);
  __type(key, struct key);
  __type(value, __u64);
} asked SEC(".maps");

SEC("xdp")
int arp_responder(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct arp* arp = (void*)(eth + 1);
#if FAULT == 1
  if ((void*)arp + 8 > end) return XDP_PASS;
#else
  if ((void*)(arp + 1) > end) return XDP_PASS;
#endif
  if (eth->h_proto != bpf_htons(ETH_P_ARP)) return XDP_PASS;
  if (arp->hardware_size != 6 || arp->protocol_size != 4) return XDP_DROP;
  if (arp->operation != bpf_htons(1)) return XDP_PASS;

  struct key key;
#if FAULT != 3
  key.interface = ctx->ingress_ifindex;
#endif
  __builtin_memcpy(key.address, arp->target_ip, 4);
  asm volatile("" : : "r"(&key) : "memory");
  __u64 now = bpf_ktime_get_ns();
#if FAULT == 5
  bpf_map_update_elem(&asked, &key, (void*)BPF_ANY, now);
#else
  bpf_map_update_elem(&asked, &key, &now, BPF_ANY);
#endif
  __u8* mac = bpf_map_lookup_elem(&owned, &key);
#if FAULT != 2
  if (!mac) return XDP_PASS;
#endif
  arp->operation = bpf_htons(2);
  __builtin_memcpy(arp->target, arp->sender, 6);
  __builtin_memcpy(arp->target_ip, arp->sender_ip, 4);
  __builtin_memcpy(arp->sender_ip, key.address, 4);
  __builtin_memcpy(eth->h_dest, eth->h_source, 6);
  for (int i = 0; i < 6; ++i) arp->sender[i] = eth->h_source[i] = mac[i + (FAULT == 4)];
  return XDP_TX;
}

char _license[] SEC("license") = "GPL";
