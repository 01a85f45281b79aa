// SPDX-License-Identifier: Apache-2.0
// Prints slow calls with bpf_trace_printk and keeps the slowest ones in a small table.
// fault 1: helper-argument: the format's size grows with a number from the map
// fault 2: helper-argument: the format is the user's string
// fault 3: null-check: the table's victim is not checked
// fault 4: map-bounds: the search for the victim ends one row too late
// fault 5: type-confusion: the address kept in the row is read directly
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define ROWS 8

struct row {
  __u64 took;
  __u64 address;
};

struct table {
  struct row rows[ROWS];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, struct table);
} slowest SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, __u64);
} began SEC(".maps");

SEC("kprobe/slow_call")
int call_begins(struct pt_regs* ctx) {
  __u64 id = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();
  bpf_map_update_elem(&began, &id, &now, BPF_ANY);
  return 0;
}

SEC("kretprobe/slow_call")
int call_ends(struct pt_regs* ctx) {
  char format[] = "slow call: %llu ns, address %llx\n";
  __u64 id = bpf_get_current_pid_tgid();
  __u32 user = bpf_get_current_uid_gid();
  __u64* then = bpf_map_lookup_elem(&began, &id);
  if (!then) return 0;
  __u64 took = bpf_ktime_get_ns() - *then;
  struct table* t = bpf_map_lookup_elem(&slowest, &user);
#if FAULT != 3
  if (!t) return 0;
#endif
  struct row* least = &t->rows[0];
#if FAULT == 4
  for (int i = 0; i <= ROWS; i++) {
    struct row* row = (struct row*)((char*)t + i * sizeof(struct row));
    if (*(volatile __u64*)&row->took < least->took) least = row;
  }
#else
  for (int i = 1; i < ROWS; i++)
    if (t->rows[i].took < least->took) least = &t->rows[i];
#endif
  if (took <= least->took) return 0;
  least->took = took;
#if FAULT == 5
  least->took += *(volatile __u64*)least->address;
#endif
  least->address = PT_REGS_RC(ctx);
#if FAULT == 1
  bpf_trace_printk(format, sizeof(format) + least->took, took, least->address);
#elif FAULT == 2
  bpf_trace_printk(user ? format : (char*)least->address, sizeof(format), took, least->address);
#else
  bpf_trace_printk(format, sizeof(format), took, least->address);
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
