// SPDX-License-Identifier: Apache-2.0
// A learning bridge: notes sources' ports and sends frames to their destination's port.
// fault 1: packet-bounds: copies the destination without a check
// fault 2: null-check: the destination may not be known
// fault 3: uninitialised: two bytes of the key are not written
// fault 4: helper-argument: the port's map is given by its entry
// fault 5: map-bounds: reads the port's age behind its record
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct station {
  __u8 mac[6];
  __u16 vlan;
};

struct place {
  __u64 seen;
  __u32 port;
  __u32 moves;
};

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 8192);
  __type(key, struct station);
  __type(value, struct place);
} stations SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
  __uint(max_entries, 64);
  __uint(key_size, 4);
  __uint(value_size, sizeof(struct bpf_devmap_val));
} ports SEC(".maps");

const volatile __u64 max_age = 300000000000ull;

static __always_inline void learn(struct ethhdr* eth, __u32 port, __u64 now) {
  struct station key = {};
  __builtin_memcpy(key.mac, eth->h_source, 6);
  struct place* known = bpf_map_lookup_elem(&stations, &key);
  if (known) {
    if (known->port != port) known->moves += 1;
    known->port = port;
    known->seen = now;
    return;
  }
  struct place fresh = {.seen = now, .port = port};
  bpf_map_update_elem(&stations, &key, &fresh, BPF_ANY);
}

SEC("xdp")
int redirect_devmap(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
#if FAULT == 1
  if (data > end) return XDP_DROP;
#else
  if ((void*)(eth + 1) > end) return XDP_DROP;
#endif
  __u64 now = bpf_ktime_get_ns();
  if (eth->h_source[0] & 1) return XDP_DROP;
  learn(eth, ctx->ingress_ifindex, now);
  if (eth->h_dest[0] & 1)
    return bpf_redirect_map(&ports, 0, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);

  struct station key;
#if FAULT == 3
  key.vlan = 0;
  __builtin_memcpy(key.mac + 2, eth->h_dest + 2, 4);
#else
  __builtin_memset(&key, 0, sizeof(key));
  __builtin_memcpy(key.mac, eth->h_dest, 6);
#endif
  struct place* place = bpf_map_lookup_elem(&stations, &key);
#if FAULT != 2
  if (!place) return XDP_PASS;
#endif
#if FAULT == 5
  if (now - *(volatile __u64*)(place + 1) > max_age) return XDP_PASS;
#else
  if (now - place->seen > max_age) return XDP_PASS;
#endif
#if FAULT == 4
  return bpf_redirect_map(place, place->port, XDP_PASS);
#else
  return bpf_redirect_map(&ports, place->port, XDP_PASS);
#endif
}

char _license[] SEC("license") = "GPL";
