// Counts entries to and returns from a kernel function, by per-CPU counters.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 2);
  __type(key, unsigned);
  __type(value, unsigned long long);
} hits SEC(".maps");

static void count(unsigned which) {
  unsigned long long* value = bpf_map_lookup_elem(&hits, &which);
  if (value) ++*value;
}

SEC("kprobe/do_unlinkat")
int enter(void* ctx) {
  count(0);
  return 0;
}

SEC("kretprobe/do_unlinkat")
int leave(void* ctx) {
  count(1);
  return 0;
}
