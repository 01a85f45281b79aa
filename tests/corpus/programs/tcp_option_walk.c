// SPDX-License-Identifier: Apache-2.0
// Clamps the maximum segment size that a SYN's TCP options announce.
// fault 1: packet-bounds: writes the segment size without a check of its two bytes
// fault 2: termination: the loop has no bound and a length of zero does not advance
// fault 3: packet-bounds: the option is read one byte behind the check
// fault 4: pointer-arithmetic: the options' pointer is rounded down with a mask
// fault 5: context-access: reads a field behind the context
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

const volatile __u16 limit = 1400;
__u64 clamped;

static __always_inline void update(__u16* check, __u16 from, __u16 to) {
  __u32 sum = (__u16) ~*check + (__u16)~from + to;
  sum = (sum & 0xffff) + (sum >> 16);
  *check = ~((sum & 0xffff) + (sum >> 16));
}

SEC("xdp")
int tcp_option_walk(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = data + sizeof(*eth);
  struct tcphdr* tcp = (void*)(ip + 1);
  if ((void*)(tcp + 1) > end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 || ip->protocol != IPPROTO_TCP)
    return XDP_PASS;
  if (!tcp->syn) return XDP_PASS;
#if FAULT == 5
  if (*(volatile __u32*)(ctx + 1)) return XDP_PASS;
#endif

  __u32 size = tcp->doff * 4;
  __u8* options = (void*)(tcp + 1);
#if FAULT == 4
  asm volatile("%0 &= -64" : "+r"(options));
#endif
  __u32 offset = 0;
#if FAULT == 2
  for (;;) {
#else
  for (int i = 0; i < 20; ++i) {
#endif
    if (offset > 40 || offset + sizeof(*tcp) >= size) break;
    __u8* option = options + offset;
    if ((void*)option + (FAULT == 3 ? 1 : 2) > end) break;
    if (option[0] == 0) break;
    if (option[0] == 1) {
      offset += 1;
      continue;
    }
    __u8 length = option[1];
#if FAULT != 2
    if (length < 2) return XDP_DROP;
#endif
    if (option[0] == 2 && length == 4) {
#if FAULT != 1
      if ((void*)(option + 4) > end) return XDP_DROP;
#endif
      __u16* announced = (__u16*)(option + 2);
      __u16 old = *announced;
      if (bpf_ntohs(old) > limit) {
        *announced = bpf_htons(limit);
        update(&tcp->check, old, bpf_htons(limit));
        clamped += 1;
      }
      break;
    }
    offset += length;
  }
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
