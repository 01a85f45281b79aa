// SPDX-License-Identifier: Apache-2.0
// Translates VLAN ids between customer and provider, with a push for untagged packets.
// fault 1: stale-packet-pointer: reads the Ethernet header after the tag was popped
// fault 2: null-check: the translation may be missing
// fault 3: packet-bounds: reads the address behind a check of the first byte
// fault 4: helper-argument: pushes onto the packet's data, not onto the context
// fault 5: uninitialised: the key's interface is not written
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct port {
  __u32 interface;
  __u32 vlan;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct port);
  __type(value, __u16);
} translations SEC(".maps");

__u64 multicast;

SEC("tc")
int tc_vlan_translate(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct ethhdr* eth = data;
#if FAULT == 3
  if (data + 1 > end) return TC_ACT_SHOT;
#else
  if ((void*)(eth + 1) > end) return TC_ACT_SHOT;
#endif
  __be16 protocol = eth->h_proto;
  __u8 group = eth->h_dest[0] & 1;
  struct port key;
#if FAULT != 5
  key.interface = skb->ifindex;
#endif
  key.vlan = skb->vlan_present ? skb->vlan_tci & 0xfff : 0;
  asm volatile("" : : "r"(&key) : "memory");
  __u16* found = bpf_map_lookup_elem(&translations, &key);
#if FAULT != 2
  if (!found) return TC_ACT_OK;
#endif
  __u16 vlan = *found;
  if (vlan > 4094) return TC_ACT_SHOT;
  if (skb->vlan_present && bpf_skb_vlan_pop(skb)) return TC_ACT_SHOT;
#if FAULT == 1
  group = eth->h_dest[0] & 1;
#endif
  if (vlan != 0) {
    __be16 outer =
        protocol == bpf_htons(ETH_P_8021Q) ? bpf_htons(ETH_P_8021AD) : bpf_htons(ETH_P_8021Q);
#if FAULT == 4
    if (bpf_skb_vlan_push((void*)eth, outer, vlan)) return TC_ACT_SHOT;
#else
    if (bpf_skb_vlan_push(skb, outer, vlan)) return TC_ACT_SHOT;
#endif
  }
  if (group) __sync_fetch_and_add(&multicast, 1);
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
