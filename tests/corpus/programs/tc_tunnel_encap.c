// SPDX-License-Identifier: Apache-2.0
// Sets the tunnel key of packets that leave to a remote network, and reads it at arrival.
// fault 1: stack-bounds: the key is said to be longer than it is
// fault 2: uninitialised: the key is not cleared before it is set
// fault 3: null-check: the remote may be missing
// fault 4: helper-argument: the options' size is not a multiple of anything and may be negative
// fault 5: type-confusion: hands the remote's address over as the key
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct remote {
  __u32 address;
  __u32 network;
  __s32 options;
  __u32 pad;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct remote);
} remotes SEC(".maps");

__u64 arrived;

SEC("tc")
int encapsulate(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP)) return TC_ACT_OK;
  __u32 network = ip->daddr & bpf_htonl(0xffffff00);
  struct remote* remote = bpf_map_lookup_elem(&remotes, &network);
#if FAULT != 3
  if (!remote) return TC_ACT_OK;
#endif
  struct bpf_tunnel_key key;
#if FAULT != 2
  __builtin_memset(&key, 0, sizeof(key));
#endif
  key.tunnel_id = remote->network;
  key.remote_ipv4 = remote->address;
  key.tunnel_ttl = 64;
  __u8 options[8] = {1, 4, 0x80, 1};
#if FAULT == 1
  long error = bpf_skb_set_tunnel_key(skb, &key, sizeof(key) + 64, 0);
#elif FAULT == 5
  long error = bpf_skb_set_tunnel_key(skb, (void*)(long)remote->address, sizeof(key), 0);
#else
  long error = bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0);
#endif
  if (error) return TC_ACT_SHOT;
#if FAULT == 4
  __s32 size = remote->options;
  if (size > 8) size = 8;
  error = bpf_skb_set_tunnel_opt(skb, options, size);
#else
  error = bpf_skb_set_tunnel_opt(skb, options, sizeof(options));
#endif
  return error ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc")
int decapsulate(struct __sk_buff* skb) {
  struct bpf_tunnel_key key = {};
  if (bpf_skb_get_tunnel_key(skb, &key, sizeof(key), 0)) return TC_ACT_OK;
  __sync_fetch_and_add(&arrived, 1);
  skb->mark = key.tunnel_id;
  return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
