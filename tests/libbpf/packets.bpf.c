// What PROG_TEST_RUN runs: a packet filter with counters, tail calls, and a bounded loop.
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 4);
  __type(key, unsigned);
  __type(value, unsigned);
} jumps SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 64);
  __type(key, unsigned short);
  __type(value, unsigned long long);
} protocols SEC(".maps");

unsigned long long tail_calls = 0;

SEC("xdp")
int drop(struct xdp_md* ctx) {
  ++tail_calls;
  return XDP_DROP;
}

SEC("xdp")
int entry(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > end) return XDP_ABORTED;
  unsigned short protocol = eth->h_proto;
  unsigned long long one = 1;
  unsigned long long* count = bpf_map_lookup_elem(&protocols, &protocol);
  if (count) {
    __sync_fetch_and_add(count, 1);
  } else {
    bpf_map_update_elem(&protocols, &protocol, &one, BPF_NOEXIST);
  }
  if (protocol == bpf_htons(ETH_P_IPV6)) bpf_tail_call(ctx, &jumps, 1);
  return XDP_PASS;
}
