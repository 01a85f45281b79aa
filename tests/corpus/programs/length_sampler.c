// SPDX-License-Identifier: Apache-2.0
// A socket filter that keeps one in so many frames, chosen by a map, and a histogram of lengths.
// fault 1: map-bounds: the length divided by 64 is not limited
// fault 2: context-access: the mark is read behind the end of the context
// fault 3: helper-argument: as many bytes are loaded into the header as the hash says
// fault 4: pointer-arithmetic: the pointer to the shares is shifted by the interface's number
// fault 5: uninitialised: the header is stored in the map before it is loaded
// linux: 6.3 and later accept fault 5 of a privileged program
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SLOTS 24

struct histogram {
  __u64 lengths[SLOTS];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct histogram);
} histograms SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u32);
} shares SEC(".maps");

SEC("socket")
int length_sampler(struct __sk_buff* skb) {
  __u32 zero = 0;
  struct histogram* h = bpf_map_lookup_elem(&histograms, &zero);
  if (!h) return 0;
  __u64 slot = skb->len / 64;
  asm volatile("" : "+r"(slot));
#if FAULT != 1
  if (slot >= SLOTS) slot = SLOTS - 1;
#endif
  h->lengths[slot]++;
#if FAULT == 2
  if (*(volatile __u32*)((char*)skb + sizeof(*skb))) return 0;
#endif
#if FAULT == 5
  __u8 header[8];
  bpf_map_update_elem(&shares, &zero, header, BPF_ANY);
#else
  __u8 header[8] = {};
#endif
#if FAULT == 3
  if (bpf_skb_load_bytes(skb, 0, header, skb->hash)) return 0;
#else
  if (bpf_skb_load_bytes(skb, 0, header, sizeof(header))) return 0;
#endif
  if (header[0] & 1) return skb->len;
  __u32 interface = skb->ifindex & 63;
  __u32* share = bpf_map_lookup_elem(&shares, &interface);
  if (!share) return 0;
#if FAULT == 4
  __u64 raw = (__u64)share;
  asm volatile("%0 <<= 1" : "+r"(raw));
  share = (__u32*)raw;
#endif
  if (*share == 0 || bpf_get_prandom_u32() % *share) return 0;
  return skb->len;
}

char _license[] SEC("license") = "GPL";
