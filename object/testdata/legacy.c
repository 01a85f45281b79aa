// SPDX-License-Identifier: Apache-2.0
// Maps as programs defined them before BTF.
#include <linux/bpf.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

struct bpf_map_def {
  unsigned int type;
  unsigned int key_size;
  unsigned int value_size;
  unsigned int max_entries;
  unsigned int map_flags;
};

struct bpf_map_def SEC("maps") hosts = {
    .type = BPF_MAP_TYPE_HASH,
    .key_size = 4,
    .value_size = 16,
    .max_entries = 100,
};

struct bpf_map_def SEC("maps") totals = {
    .type = BPF_MAP_TYPE_PERCPU_ARRAY,
    .key_size = 4,
    .value_size = 8,
    .max_entries = 2,
    .map_flags = 4,
};

SEC("socket")
int count(struct __sk_buff* skb) {
  uint32_t key = skb->len & 1;
  uint64_t* total = bpf_map_lookup_elem(&totals, &key);
  if (total) ++*total;
  return bpf_map_lookup_elem(&hosts, &key) != 0;
}

char LICENSE[] SEC("license") = "GPL";
