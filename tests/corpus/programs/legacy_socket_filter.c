// SPDX-License-Identifier: Apache-2.0
// A socket filter with the old packet loads, which end the program when they fail.
// fault 1: reference-leak: the load may end the program while a record is reserved
// fault 2: null-check: the counter may be missing
// fault 3: context-access: reads the packet's start, which this hook does not have
// fault 4: map-bounds: counts by the protocol in a table of 64
// fault 5: uninitialised: returns a register that a call has destroyed
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

unsigned long long load_byte(void* skb, unsigned long long offset) asm("llvm.bpf.load.byte");
unsigned long long load_half(void* skb, unsigned long long offset) asm("llvm.bpf.load.half");
unsigned long long load_word(void* skb, unsigned long long offset) asm("llvm.bpf.load.word");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, __u64);
} sources SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 16);
} events SEC(".maps");

__u64 protocols[64];

SEC("socket")
int legacy_socket_filter(struct __sk_buff* skb) {
  if (load_half(skb, 12) != ETH_P_IP) return 0;
#if FAULT == 3
  if (*(volatile __u32*)&skb->data == 0) return 0;
#endif
  __u32 protocol = load_byte(skb, ETH_HLEN + 9);
#if FAULT == 4
  protocols[protocol] += 1;
#else
  if (protocol < 64) protocols[protocol] += 1;
#endif
  __u32 source = load_word(skb, ETH_HLEN + 12);
  __u64* count = bpf_map_lookup_elem(&sources, &source);
#if FAULT != 2
  if (!count) {
    __u64 one = 1;
    bpf_map_update_elem(&sources, &source, &one, BPF_ANY);
    return 0;
  }
#endif
  __sync_fetch_and_add(count, 1);
  if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) return 0;

  __u64* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) return 0;
  *event = source;
#if FAULT != 1
  bpf_ringbuf_submit(event, 0);
#endif
  __u64 size = (load_byte(skb, ETH_HLEN) & 15) * 4;
  __u64 ports = load_word(skb, ETH_HLEN + size);
#if FAULT == 1
  bpf_ringbuf_submit(event, 0);
#endif
  int verdict = (ports & 0xffff) == 53 ? -1 : 0;
#if FAULT == 5
  asm volatile("call 7; %0 = r5" : "=r"(verdict) : : "r0", "r1", "r2", "r3", "r4", "r5");
#endif
  return verdict;
}

char _license[] SEC("license") = "GPL";
