// SPDX-License-Identifier: Apache-2.0
// Walks Geneve options for a security tag and looks its verdict up.
// fault 1: packet-bounds: the option's header is read without a check
// fault 2: packet-bounds: the tag behind the option's header is not checked
// fault 3: termination: an option that does not match is never left
// fault 4: null-check: the tag's verdict may be missing
// fault 5: map-bounds: a verdict's reason is read one behind its array
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct geneve {
  __u8 length;
  __u8 flags;
  __be16 protocol;
  __be32 network;
};

struct option {
  __be16 class;
  __u8 type;
  __u8 length;
};

struct verdict {
  __u32 drop;
  __u32 reasons[7];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct verdict);
} verdicts SEC(".maps");

__u64 last_reason;

SEC("xdp")
int geneve_options(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct udphdr* udp = (void*)(ip + 1);
  struct geneve* geneve = (void*)(udp + 1);
  if ((void*)(geneve + 1) > end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_UDP || udp->dest != bpf_htons(6081)) return XDP_PASS;

  __u32 size = (geneve->length & 0x3f) * 4;
  __u8* options = (void*)(geneve + 1);
  __u32 offset = 0;
  __u32 tag = 0;
  for (int i = 0; i < 8; ++i) {
    if (offset >= size || offset > 252) break;
    struct option* option = (void*)(options + offset);
#if FAULT != 1
    if ((void*)(option + 1) > end) return XDP_DROP;
#endif
    if (option->class == bpf_htons(0x0104) && option->type == 0x80) {
      __u32* body = (void*)(option + 1);
#if FAULT != 2
      if ((void*)(body + 1) > end) return XDP_DROP;
#endif
      tag = bpf_ntohl(*body);
      break;
    }
#if FAULT == 3
    i = 0;
#else
    offset += sizeof(*option) + (option->length & 0x1f) * 4;
#endif
  }
  struct verdict* verdict = bpf_map_lookup_elem(&verdicts, &tag);
#if FAULT != 4
  if (!verdict) return XDP_PASS;
#endif
  __u32 reason = tag >> 29;
#if FAULT != 5
  if (reason >= 7) return XDP_DROP;
#endif
  last_reason = verdict->reasons[reason];
  return verdict->drop ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
