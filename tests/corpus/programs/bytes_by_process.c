// SPDX-License-Identifier: Apache-2.0
// Bytes read and written by process and file kind, added up in a hash map.
// fault 1: null-check: the entry is updated without a check when the process is new
// fault 2: uninitialised: the key's name on the stack is never written
// fault 3: helper-argument: the flags' place holds the address of the value
// fault 4: map-bounds: the direction selects a third counter of two
// fault 5: stack-bounds: the key's comm is asked for with the size of the value
// linux: 6.3 and later accept fault 2 of a privileged program
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct key {
  __u32 process;
  __u16 kind;
  __u16 unused;
  char comm[16];
};

struct usage {
  __u64 bytes[2];
  __u64 calls[2];
  __u64 last[64];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 2048);
  __type(key, struct key);
  __type(value, struct usage);
} usages SEC(".maps");

static const struct usage none;

static __always_inline int account(__u32 direction, __u64 bytes, __u16 kind) {
#if FAULT == 2
  struct key k;
  k.process = bpf_get_current_pid_tgid() >> 32;
  k.kind = kind;
#else
  struct key k = {.process = bpf_get_current_pid_tgid() >> 32, .kind = kind};
#endif
#if FAULT == 5
  bpf_get_current_comm(k.comm, sizeof(struct usage));
#elif FAULT != 2
  bpf_get_current_comm(k.comm, sizeof(k.comm));
#endif
  struct usage* u = bpf_map_lookup_elem(&usages, &k);
  if (!u) {
#if FAULT == 3
    bpf_map_update_elem(&usages, &k, (void*)BPF_NOEXIST, (long)&none);
#else
    bpf_map_update_elem(&usages, &k, &none, BPF_NOEXIST);
#endif
    u = bpf_map_lookup_elem(&usages, &k);
#if FAULT != 1
    if (!u) return 0;
#endif
  }
#if FAULT == 4
  direction = bytes >> 56;
#endif
  __sync_fetch_and_add(&u->bytes[direction], bytes);
  __sync_fetch_and_add(&u->calls[direction], 1);
  return 0;
}

SEC("kprobe/file_read")
int file_read(struct pt_regs* ctx) { return account(0, PT_REGS_PARM3(ctx), 1); }

SEC("kprobe/file_write")
int file_write(struct pt_regs* ctx) { return account(1, PT_REGS_PARM3(ctx), 2); }

char _license[] SEC("license") = "GPL";
