// SPDX-License-Identifier: Apache-2.0
// A socket filter: lets a monitoring socket see only what it is interested in.
//
// It is attached to a socket with SO_ATTACH_BPF and returns how many bytes of the packet the socket
// is to receive; 0 hides the packet. It decides by the fields of its context alone, so it reads no
// packet byte.
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define HEADERS 96    // enough for the headers of any packet
#define LONGEST 1514  // of an Ethernet frame

SEC("socket")
int socket_filter(struct __sk_buff* skb) {
  __u32 length = skb->len;
  // Jumbo frames are somebody's backup.
  if (length > LONGEST) return 0;
  // ARP in full.
  if (skb->protocol == bpf_htons(ETH_P_ARP)) return length;
  if (skb->protocol != bpf_htons(ETH_P_IP) && skb->protocol != bpf_htons(ETH_P_IPV6)) return 0;
  // Of other packets the headers, and of none more than there is.
  return length < HEADERS ? length : HEADERS;
}

char LICENSE[] SEC("license") = "Apache-2.0";
