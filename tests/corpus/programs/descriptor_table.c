// SPDX-License-Identifier: Apache-2.0
// Remembers which file each descriptor of a process stands for, in a table in the map's value.
// fault 1: map-bounds: the descriptor is compared as a signed number with an upper limit only
// fault 2: null-check: the table of a process that opened nothing is used at close
// fault 3: map-bounds: the copied entry is read at the descriptor given as the new one, unchecked
// fault 4: stack-bounds: the name is read with the length the caller gave
// fault 5: type-confusion: the table's name is written at an address kept in the table
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define FILES 32
#define NAME 24

struct file {
  __u64 opened;
  char name[NAME];
};

struct table {
  __u64 open;
  struct file files[FILES];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 512);
  __type(key, __u32);
  __type(value, struct table);
} tables SEC(".maps");

static const struct table empty;

static __always_inline struct table* own_table(int create) {
  __u32 process = bpf_get_current_pid_tgid() >> 32;
  struct table* t = bpf_map_lookup_elem(&tables, &process);
  if (t || !create) return t;
  bpf_map_update_elem(&tables, &process, &empty, BPF_NOEXIST);
  return bpf_map_lookup_elem(&tables, &process);
}

SEC("kprobe/install_file")
int file_installed(struct pt_regs* ctx) {
  char name[NAME] = {};
  __s64 fd = PT_REGS_PARM1(ctx);
  const char* from = (const char*)PT_REGS_PARM2(ctx);
#if FAULT == 4
  bpf_probe_read_kernel_str(name, PT_REGS_PARM3(ctx) & 0x3ff, from);
#else
  bpf_probe_read_kernel_str(name, sizeof(name), from);
#endif
  struct table* t = own_table(1);
  if (!t) return 0;
#if FAULT == 1
  if (fd >= FILES) return 0;
#else
  if (fd < 0 || fd >= FILES) return 0;
#endif
  struct file* f = &t->files[fd];
  f->opened = bpf_ktime_get_ns();
#if FAULT == 5
  *(volatile char*)t->open = name[0];
#endif
  __builtin_memcpy(f->name, name, NAME);
  t->open++;
  return 0;
}

SEC("kprobe/duplicate_file")
int file_duplicated(struct pt_regs* ctx) {
  __u64 old = PT_REGS_PARM1(ctx), new = PT_REGS_PARM2(ctx);
  struct table* t = own_table(0);
  if (!t) return 0;
#if FAULT == 3
  if (old >= FILES) return 0;
#else
  if (old >= FILES || new >= FILES) return 0;
#endif
  __builtin_memcpy(&t->files[new], &t->files[old], sizeof(struct file));
  t->open++;
  return 0;
}

SEC("kprobe/close_file")
int file_closed(struct pt_regs* ctx) {
  __u64 fd = PT_REGS_PARM1(ctx);
  struct table* t = own_table(0);
#if FAULT != 2
  if (!t) return 0;
#endif
  if (fd >= FILES) return 0;
  t->files[fd].opened = 0;
  t->open--;
  return 0;
}

char _license[] SEC("license") = "GPL";
