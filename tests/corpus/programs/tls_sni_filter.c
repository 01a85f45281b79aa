// SPDX-License-Identifier: Apache-2.0
// Finds the server name in a TLS ClientHello and drops names on a list.
// fault 1: packet-bounds: the session id's length moves the cursor without a check behind
// fault 2: packet-bounds: the extension's four bytes are not checked
// fault 3: stack-bounds: copies one byte more than the name's buffer and the frame hold
// fault 4: null-check: the name's verdict may be missing
// fault 5: type-confusion: hands the name's buffer over as the map
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NAME 32

struct name {
  char text[NAME];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, struct name);
  __type(value, __u32);
} names SEC(".maps");

static __always_inline __u32 big16(const __u8* bytes) { return bytes[0] << 8 | bytes[1]; }

SEC("xdp")
int tls_sni_filter(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct tcphdr* tcp = (void*)(ip + 1);
  if ((void*)(tcp + 1) > end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_TCP || tcp->dest != bpf_htons(443)) return XDP_PASS;
  if (tcp->doff < 5) return XDP_PASS;

  __u8* cursor = (void*)tcp + tcp->doff * 4;
  if ((void*)(cursor + 44) > end || cursor[0] != 22 || cursor[5] != 1) return XDP_PASS;
  cursor += 44 + cursor[43];
#if FAULT != 1
  if ((void*)(cursor + 2) > end) return XDP_PASS;
#endif
  cursor += 2 + (big16(cursor) & 0x1ff);
  if ((void*)(cursor + 1) > end) return XDP_PASS;
  cursor += 1 + cursor[0] + 2;

  struct name name = {};
  int found = 0;
  for (int i = 0; i < 8; ++i) {
#if FAULT != 2
    if ((void*)(cursor + 4) > end) break;
#endif
    __u32 type = big16(cursor);
    __u32 length = big16(cursor + 2);
    cursor += 4;
    if (type == 0) {
      found = 1;
      break;
    }
    cursor += length & 0x3ff;
  }
  if (!found) return XDP_PASS;
  cursor += 5;
  for (__u32 i = 0; i < NAME - 1; ++i) {
    if ((void*)(cursor + i + 1) > end) break;
#if FAULT == 3
    __u32 place = i + (cursor[i] & 0x7f);
    asm volatile("" : "+r"(place));
    name.text[place] = cursor[i];
#else
    name.text[i] = cursor[i];
#endif
  }
#if FAULT == 5
  __u32* verdict = bpf_map_lookup_elem(&name, &name);
#else
  __u32* verdict = bpf_map_lookup_elem(&names, &name);
#endif
#if FAULT != 4
  if (!verdict) return XDP_PASS;
#endif
  return *verdict ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
