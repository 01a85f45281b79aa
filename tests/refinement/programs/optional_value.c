// SPDX-License-Identifier: Apache-2.0
// Charges a process for what it does, where an account is asked for; a byte of flags says what.
// safe: the account is looked up, and was found, whenever bit 0 is set
// fault 1: null-check: the account is charged by bit 1, and looked up by bit 0
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 256);
  __type(key, __u32);
  __type(value, __u64);
} accounts SEC(".maps");

__u8 wanted;
__u64 notes[8];

SEC("kprobe/do_sys_openat2")
int optional_value(void* ctx) {
  __u32 process = bpf_get_current_pid_tgid() >> 32;
  __u32 flags = *(volatile __u8*)&wanted;
  __u64* account = 0;
  if (flags & 1) {
    account = bpf_map_lookup_elem(&accounts, &process);
    if (!account) return 0;
  }
  __u64 cost = 1;
#pragma unroll
  for (int bit = 1; bit < 8; bit++) {
    if (!(flags >> bit & 1)) continue;
    cost += 1u << bit;
    *(volatile __u64*)&notes[bit] += cost;
  }
#if FAULT == 1
  if (flags & 2) *account += cost;
#else
  if (flags & 1) *account += cost;
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
