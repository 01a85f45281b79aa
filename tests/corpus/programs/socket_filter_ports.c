// SPDX-License-Identifier: Apache-2.0
// A socket filter that takes the first bytes of DNS answers, loaded by helper.
// linux: rejects for v1 and v2: a 32-bit value is zero-extended again after its check
// fault 1: stack-bounds: the length is masked to eight times the buffer
// fault 2: uninitialised: the buffer's key is used where nothing was loaded
// fault 3: helper-argument: stores into the packet, which a socket filter cannot
// fault 4: null-check: the answer's record may be missing
// fault 5: context-access: writes the packet's mark
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define TAKE 32

struct answer {
  __u8 bytes[TAKE];
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, struct answer);
  __type(value, __u64);
} answers SEC(".maps");

SEC("socket")
int socket_filter_ports(struct __sk_buff* skb) {
  struct iphdr ip;
  struct udphdr udp;
  if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) < 0) return 0;
  if (ip.protocol != IPPROTO_UDP || ip.version != 4) return 0;
  __u32 offset = ETH_HLEN + ip.ihl * 4;
  if (bpf_skb_load_bytes(skb, offset, &udp, sizeof(udp)) < 0) return 0;
  if (udp.source != bpf_htons(53)) return 0;
#if FAULT == 3
  __be16 port = bpf_htons(5353);
  bpf_skb_store_bytes(skb, offset, &port, sizeof(port), 0);
#endif

  struct answer answer;
#if FAULT != 2
  __builtin_memset(&answer, 0, sizeof(answer));
#endif
  offset += sizeof(udp);
  if (offset >= skb->len) return 0;
  __u32 length = skb->len - offset;
#if FAULT == 1
  length &= 255;
  if (length == 0) return 0;
  bpf_skb_load_bytes(skb, offset, &answer, length);
#elif FAULT == 2
  if (length >= TAKE) bpf_skb_load_bytes(skb, offset, &answer, TAKE);
#else
  if (length > TAKE) length = TAKE;
  asm volatile("" : "+r"(length));
  if (length == 0 || length > TAKE) return 0;
  bpf_skb_load_bytes(skb, offset, &answer, length);
#endif
  __u64* seen = bpf_map_lookup_elem(&answers, &answer);
#if FAULT != 4
  if (!seen) {
    __u64 now = bpf_ktime_get_ns();
    bpf_map_update_elem(&answers, &answer, &now, BPF_ANY);
    return skb->len;
  }
#endif
#if FAULT == 5
  skb->mark = *seen;
#endif
  return *seen ? skb->len : 0;
}

char _license[] SEC("license") = "GPL";
