// SPDX-License-Identifier: Apache-2.0
// Finds the message type and the requested address among a DHCP packet's options.
// fault 1: packet-bounds: option and length are read together behind a check of one byte
// fault 2: packet-bounds: the requested address is read without a check
// fault 3: map-bounds: the message type counts in a table of eight without a check
// fault 4: null-check: the lease may be missing
// fault 5: uninitialised: the lease's key lacks the last bytes of the hardware address
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct bootp {
  __u8 op, htype, hlen, hops;
  __be32 xid;
  __u8 fixed[20];
  __u8 hardware[16];
  __u8 names[192];
  __be32 magic;
};

struct hardware {
  __u8 bytes[8];
};

struct lease {
  __u32 address;
  __u32 renewals;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct hardware);
  __type(value, struct lease);
} leases SEC(".maps");

__u64 messages[8];

SEC("xdp")
int dhcp_option_server(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct udphdr* udp = (void*)(ip + 1);
  struct bootp* bootp = (void*)(udp + 1);
  if ((void*)(bootp + 1) > end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_UDP || udp->dest != bpf_htons(67)) return XDP_PASS;
  if (bootp->magic != bpf_htonl(0x63825363)) return XDP_DROP;

  __u32 type = 0;
  __u32 requested = 0;
  __u8* option = (void*)(bootp + 1);
  for (int i = 0; i < 12; ++i) {
#if FAULT == 1
    if ((void*)(option + 1) > end) break;
#else
    if ((void*)(option + 2) > end) break;
#endif
    if (option[0] == 255) break;
    __u8 length = option[1];
    if (option[0] == 53 && (void*)(option + 3) <= end) type = option[2];
    if (option[0] == 50 && length == 4) {
#if FAULT != 2
      if ((void*)(option + 6) > end) return XDP_DROP;
#endif
      requested = *(__u32*)(option + 2);
    }
    option += 2 + length;
  }
#if FAULT != 3
  if (type >= 8) return XDP_DROP;
#endif
  messages[type] += 1;

  struct hardware key;
  __builtin_memcpy(&key, bootp->hardware, 4);
#if FAULT != 5
  __builtin_memcpy(key.bytes + 4, bootp->hardware + 4, 2);
  key.bytes[6] = key.bytes[7] = 0;
#endif
  struct lease* lease = bpf_map_lookup_elem(&leases, &key);
#if FAULT != 4
  if (!lease) return XDP_PASS;
#endif
  lease->renewals += 1;
  return requested && lease->address != requested ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
