// SPDX-License-Identifier: Apache-2.0
// Joins three user strings into one record of variable length, checking or masking each length.
// fault 1: map-bounds: the second string may be as long as the whole record
// fault 2: map-bounds: the first string's length is that of the last record, and not checked
// fault 3: helper-argument: an error code of the first copy is added to the length
// fault 4: type-confusion: the second string is measured in user memory
// fault 5: helper-argument: the record's length is passed on as it stands in the map
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define PART 128

struct record {
  __u32 length;
  char text[3 * PART];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct record);
} records SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 16);
} joined SEC(".maps");

SEC("kprobe/rename_file")
int join_arguments(struct pt_regs* ctx) {
  __u32 zero = 0;
  struct record* r = bpf_map_lookup_elem(&records, &zero);
  if (!r) return 0;
  const char* from = (const char*)PT_REGS_PARM1(ctx);
  const char* to = (const char*)PT_REGS_PARM2(ctx);
  __u64 length = 0;

  long n = bpf_probe_read_kernel_str(r->text, PART, from);
#if FAULT == 3
  n = -bpf_get_prandom_u32();
  if (bpf_probe_read_kernel_str(r->text, n, to) < 0) return 0;
#endif
  if (n < 0) return 0;
#if FAULT == 2
  length = r->length;
#else
  length = n & (PART - 1);
#endif
  asm volatile("" : "+r"(length));
#if FAULT == 4
  for (int i = 0; i < PART && to[i]; i++) length++;
#endif
#if FAULT != 2
  if (length >= PART) return 0;
#endif
#if FAULT == 1
  n = bpf_probe_read_kernel_str(r->text + length, sizeof(r->text), to);
#else
  n = bpf_probe_read_kernel_str(r->text + length, PART, to);
#endif
  if (n > 0) length += n & (PART - 1);
  asm volatile("" : "+r"(length));
  if (length > 2 * PART) return 0;
  bpf_get_current_comm(r->text + length, 16);
  r->length = length + 16;
#if FAULT == 5
  bpf_ringbuf_output(&joined, r, *(volatile __u32*)&r->length, 0);
#else
  bpf_ringbuf_output(&joined, r, sizeof(*r), 0);
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
