// SPDX-License-Identifier: Apache-2.0
// Counts bytes of each socket in its own storage.
// fault 1: null-check: the packet may belong to no socket
// fault 2: null-check: there may be no room for the storage
// fault 3: type-confusion: asks for the storage of a pointer that is not a socket
// fault 4: map-bounds: writes behind the storage
// fault 5: helper-argument: the map is not one of socket storage
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct usage {
  __u64 packets;
  __u64 bytes;
  __u32 last_mark;
  __u32 family;
};

struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct usage);
} usages SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, int);
  __type(value, struct usage);
} totals SEC(".maps");

SEC("tc")
int tc_socket_storage(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
#if FAULT != 1
  if (!sk) return TC_ACT_OK;
#endif
  sk = bpf_sk_fullsock(sk);
  if (!sk) return TC_ACT_OK;
#if FAULT == 3
  struct usage* usage = bpf_sk_storage_get(&usages, skb, 0, BPF_SK_STORAGE_GET_F_CREATE);
#elif FAULT == 5
  struct usage* usage = bpf_sk_storage_get(&totals, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
#else
  struct usage* usage = bpf_sk_storage_get(&usages, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
#endif
#if FAULT != 2
  if (!usage) return TC_ACT_OK;
#endif
  usage->packets += 1;
  usage->bytes += skb->len;
  usage->family = sk->family;
#if FAULT == 4
  *(volatile __u32*)(usage + 1) = skb->mark;
#else
  usage->last_mark = skb->mark;
#endif
  int zero = 0;
  struct usage* total = bpf_map_lookup_elem(&totals, &zero);
  if (!total) return TC_ACT_OK;
  __sync_fetch_and_add(&total->bytes, skb->len);
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
