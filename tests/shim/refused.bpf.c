// Reads a map's value without asking whether it is there.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4);
  __type(key, int);
  __type(value, long);
} table SEC(".maps");

SEC("xdp")
int refused(struct xdp_md* ctx) {
  int key = 1;
  long* value = bpf_map_lookup_elem(&table, &key);
  return (int)*value;
}

char LICENSE[] SEC("license") = "GPL";
