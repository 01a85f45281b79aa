// SPDX-License-Identifier: Apache-2.0
// Drops DNS queries for names on a list; the name is copied into a buffer in lower case.
// fault 1: packet-bounds: the name's bytes are read without a check
// fault 2: stack-bounds: the buffer's index has room for four times its size
// fault 3: null-check: the counter of the name may be missing
// fault 4: uninitialised: the buffer is not cleared before the name is copied
// fault 5: stack-depth: the lookup runs in a function with another large buffer
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NAME 64

struct name {
  char text[NAME];
};

struct dns {
  __be16 id;
  __be16 flags;
  __be16 counts[4];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct name);
  __type(value, __u64);
} denied SEC(".maps");

#if FAULT == 5
static __noinline __u64* find(struct name* name) {
  char scratch[456];
  scratch[0] = name->text[0];
  asm volatile("" : : "r"(scratch) : "memory");
  return bpf_map_lookup_elem(&denied, name);
}
#endif

SEC("xdp")
int dns_query_filter(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct udphdr* udp = (void*)(ip + 1);
  struct dns* dns = (void*)(udp + 1);
  if ((void*)(dns + 1) > end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5) return XDP_PASS;
  if (ip->protocol != IPPROTO_UDP || udp->dest != bpf_htons(53)) return XDP_PASS;
  if (dns->counts[0] != bpf_htons(1)) return XDP_DROP;

  struct name name;
#if FAULT != 4
  __builtin_memset(&name, 0, sizeof(name));
#endif
  __u8* text = (void*)(dns + 1);
  for (__u32 i = 0; i < NAME - 1; ++i) {
#if FAULT != 1
    if ((void*)(text + i + 1) > end) return XDP_DROP;
#endif
    __u8 c = text[i];
    if (c == 0) break;
    if (c >= 'A' && c <= 'Z') c += 32;
#if FAULT == 2
    __u32 place = dns->id & 0xff;
    asm volatile("" : "+r"(place));
    name.text[place] = c;
#else
    name.text[i] = c;
#endif
  }
#if FAULT == 5
  __u64* counter = find(&name);
#else
  __u64* counter = bpf_map_lookup_elem(&denied, &name);
#endif
#if FAULT != 3
  if (!counter) return XDP_PASS;
#endif
  __sync_fetch_and_add(counter, 1);
  return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
