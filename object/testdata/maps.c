// SPDX-License-Identifier: Apache-2.0
// BTF-defined maps: each way of giving sizes, maps of maps, and initial values.
#include <linux/bpf.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

struct flow {
  uint32_t source;
  uint32_t destination;
  uint16_t ports[2];
};

typedef uint64_t packets_t;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(pinning, LIBBPF_PIN_BY_NAME);
  __type(key, struct flow);
  __type(value, packets_t);
} flows SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __uint(key_size, 4);
  __uint(value_size, 24);
} sized SEC(".maps");

struct inner {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 7);
  __type(key, uint32_t);
  __type(value, uint16_t);
};
struct inner inner_one SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 3);
  __type(key, uint32_t);
  __array(values, struct inner);
} outer SEC(".maps") = {.values = {[2] = &inner_one}};

int target(void* ctx);

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 5);
  __uint(key_size, sizeof(uint32_t));
  __array(values, int(void*));
} table SEC(".maps") = {.values = {[1] = &target}};

SEC("xdp")
int target(void* ctx) { return XDP_PASS; }

SEC("xdp")
int lookup(struct xdp_md* ctx) {
  struct flow flow = {.source = ctx->rx_queue_index};
  packets_t* count = bpf_map_lookup_elem(&flows, &flow);
  if (count) ++*count;
  uint32_t key = 1;
  if (bpf_map_lookup_elem(&sized, &key)) bpf_tail_call(ctx, &table, 1);
  return bpf_map_lookup_elem(&outer, &key) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
