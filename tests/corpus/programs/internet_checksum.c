// SPDX-License-Identifier: Apache-2.0
// Verifies the IPv4 header's and the UDP datagram's checksums in loops over their words.
// fault 1: packet-bounds: the header's length is used without a check of its end
// fault 2: packet-bounds: the odd byte at the end is read as a word
// fault 3: termination: a word of zero is neither passed nor counted
// fault 4: pointer-arithmetic: the words' pointer is halved
// fault 5: helper-argument: the checksum helper's length is not a multiple of four and not limited
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define WORDS 128

__u64 bad_headers, bad_datagrams;

static __always_inline __u16 fold(__u64 sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return sum + (sum >> 16);
}

SEC("xdp")
int internet_checksum(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  __u32 size = ip->ihl * 4;
  if (size < sizeof(*ip)) return XDP_DROP;
#if FAULT != 1
  if ((void*)ip + size > end) return XDP_DROP;
#endif
#if FAULT == 5
  __u64 sum = bpf_csum_diff(0, 0, (void*)ip, bpf_ntohs(ip->tot_len), 0);
#else
  __u64 sum = 0;
#endif
  asm volatile("" : "+r"(end));
  __u16* words = (void*)ip;
#if FAULT == 4
  asm volatile("%0 >>= 1" : "+r"(words));
#endif
  for (__u32 i = 0; i < 30; ++i) {
    if (i * 2 >= size) break;
    if (FAULT != 1 && (void*)(words + i + 1) > end) return XDP_DROP;
    sum += words[i];
  }
  if (fold(sum) != 0xffff) {
    bad_headers += 1;
    return XDP_DROP;
  }

  if (ip->protocol != IPPROTO_UDP || size != sizeof(*ip)) return XDP_PASS;
  struct udphdr* udp = (void*)(ip + 1);
  if ((void*)(udp + 1) > end || udp->check == 0) return XDP_PASS;
  sum = (ip->saddr & 0xffff) + (ip->saddr >> 16) + (ip->daddr & 0xffff) + (ip->daddr >> 16);
  sum += bpf_htons(IPPROTO_UDP) + udp->len;
  words = (void*)udp;
  for (__u32 i = 0; i < WORDS; ++i) {
    if ((void*)(words + 1) > end) {
#if FAULT == 2
      if ((void*)words < end) sum += *words;
#else
      if ((void*)words + 1 <= end) sum += *(__u8*)words;
#endif
      break;
    }
#if FAULT == 3
    if (*words == 0) {
      i -= 1;
      continue;
    }
#endif
    sum += *words++;
  }
  if (fold(sum) != 0xffff) bad_datagrams += 1;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
