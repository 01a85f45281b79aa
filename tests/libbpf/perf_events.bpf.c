// Tells of events by a perf event array.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, sizeof(int));
  __uint(value_size, sizeof(int));
} events SEC(".maps");

struct message {
  unsigned long long sequence;
  unsigned long long cpu;
};

unsigned long long next = 0;

SEC("raw_tp/sys_enter")
int handle(void* ctx) {
  struct message m = {.sequence = __sync_fetch_and_add(&next, 1),
                      .cpu = bpf_get_smp_processor_id()};
  bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &m, sizeof(m));
  return 0;
}
