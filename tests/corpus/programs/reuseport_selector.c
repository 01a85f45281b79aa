// SPDX-License-Identifier: Apache-2.0
// Chooses a listener of a group by the request's first byte, else by the hash.
// fault 1: packet-bounds: the payload's byte is read without a check
// fault 2: helper-argument: selects from the array of weights
// fault 3: null-check: the weight may be missing
// fault 4: context-access: writes the hash
// fault 5: type-confusion: hands the index over where its address belongs
#include <linux/bpf.h>
#include <linux/in.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} listeners SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 256);
  __type(key, __u32);
  __type(value, __u32);
} weights SEC(".maps");

__u64 fallbacks;

SEC("sk_reuseport")
int reuseport_selector(struct sk_reuseport_md* md) {
  void* data = md->data;
  void* end = md->data_end;
  if (md->ip_protocol != IPPROTO_UDP) return SK_PASS;
  __u8* payload = data + 8;
#if FAULT == 1
  if ((void*)payload > end) return SK_DROP;
#else
  if ((void*)(payload + 1) > end) return SK_DROP;
#endif
  __u32 kind = *payload;
  __u32* weight = bpf_map_lookup_elem(&weights, &kind);
#if FAULT != 3
  if (!weight) return SK_PASS;
#endif
  __u32 index = *weight ? *weight : md->hash & 15;
#if FAULT == 4
  md->hash = index;
#endif
#if FAULT == 2
  long error = bpf_sk_select_reuseport(md, &weights, &index, 0);
#elif FAULT == 5
  long error = bpf_sk_select_reuseport(md, &listeners, (void*)(long)index, 0);
#else
  long error = bpf_sk_select_reuseport(md, &listeners, &index, 0);
#endif
  if (error) {
    __sync_fetch_and_add(&fallbacks, 1);
    index = 0;
    if (bpf_sk_select_reuseport(md, &listeners, &index, 0)) return SK_DROP;
  }
  return SK_PASS;
}

char _license[] SEC("license") = "GPL";
