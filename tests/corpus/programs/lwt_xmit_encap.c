// SPDX-License-Identifier: Apache-2.0
// Puts an outer IPv4 header in front of packets that leave by a tunnel's route.
// fault 1: stale-packet-pointer: reads the inner header after the outer one was pushed
// fault 2: stack-bounds: the header is said to be twice as long
// fault 3: packet-bounds: writes behind both headers without a check
// fault 4: uninitialised: the rest of the outer header is not cleared
// fault 5: null-check: the endpoint may be missing
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct endpoint {
  __be32 local;
  __be32 remote;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct endpoint);
} endpoints SEC(".maps");

SEC("lwt_xmit")
int lwt_xmit_encap(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct iphdr* ip = data;
  if ((void*)(ip + 1) > end || ip->version != 4) return BPF_DROP;
  __u8 tos = ip->tos;
  __u32 size = bpf_ntohs(ip->tot_len) + sizeof(*ip);
  if (size > 0xffff) return BPF_DROP;

  __u32 mark = skb->mark;
  struct endpoint* endpoint = bpf_map_lookup_elem(&endpoints, &mark);
#if FAULT != 5
  if (!endpoint) return BPF_OK;
#endif
  struct iphdr outer;
#if FAULT != 4
  __builtin_memset(&outer, 0, sizeof(outer));
#endif
  outer.version = 4;
  outer.ihl = 5;
  outer.ttl = 64;
  outer.protocol = IPPROTO_IPIP;
  outer.tot_len = bpf_htons(size);
  outer.saddr = endpoint->local;
  outer.daddr = endpoint->remote;
  __u32 length = (FAULT == 2 ? 2 : 1) * sizeof(outer);
  if (bpf_lwt_push_encap(skb, BPF_LWT_ENCAP_IP, &outer, length)) return BPF_DROP;

#if FAULT == 1
  tos = ip->tos | tos;
#endif
  data = (void*)(long)skb->data;
  end = (void*)(long)skb->data_end;
#if FAULT == 3
  ip = data + 2 * sizeof(*ip);
  if (data > end) return BPF_DROP;
#else
  ip = data;
  if ((void*)(ip + 1) > end) return BPF_DROP;
#endif
  ip->tos = tos;
  ip->check = 0;
  __u64 sum = bpf_csum_diff(0, 0, (void*)&outer, sizeof(outer), bpf_htons(tos));
  sum = (sum & 0xffff) + (sum >> 16);
  ip->check = ~(sum + (sum >> 16));
  return BPF_LWT_REROUTE;
}

char _license[] SEC("license") = "GPL";
