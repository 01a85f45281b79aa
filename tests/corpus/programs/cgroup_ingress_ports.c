// SPDX-License-Identifier: Apache-2.0
// Lets a control group receive on chosen ports only; headers are read by helper.
// fault 1: stack-bounds: loads more bytes than the buffer has
// fault 2: return-range: returns the helper's error
// fault 3: null-check: the port may not be in the table
// fault 4: helper-argument: the length of the load comes from the packet without a limit
// fault 5: read-only-write: counts in the table of ports, which programs only read
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __uint(map_flags, BPF_F_RDONLY_PROG);
  __type(key, __u16);
  __type(value, __u32);
} ports SEC(".maps");

__u64 refused;

SEC("cgroup_skb/ingress")
int cgroup_ingress_ports(struct __sk_buff* skb) {
  struct iphdr ip;
  if (skb->protocol != bpf_htons(0x0800)) return 1;
#if FAULT == 1
  long error = bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip) + 40);
#else
  long error = bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip));
#endif
  if (error) {
#if FAULT == 2
    return error;
#else
    return 0;
#endif
  }
  if (ip.protocol != IPPROTO_UDP && ip.protocol != IPPROTO_TCP) return 1;
  __be16 pair[2];
  __u32 offset = ip.ihl * 4;
#if FAULT == 4
  __u32 length = ip.tos;
#else
  __u32 length = sizeof(pair);
#endif
  if (bpf_skb_load_bytes(skb, offset, pair, length)) return 0;
  __u16 port = bpf_ntohs(pair[1]);
  __u32* allowed = bpf_map_lookup_elem(&ports, &port);
#if FAULT != 3
  if (!allowed) {
    __sync_fetch_and_add(&refused, 1);
    return 0;
  }
#endif
#if FAULT == 5
  *allowed += 1;
#endif
  return *allowed != 0;
}

char _license[] SEC("license") = "GPL";
