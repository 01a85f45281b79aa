// SPDX-License-Identifier: Apache-2.0
// A flight recorder: the last 256 system calls in a .bss array, dumped when a call fails.
// fault 1: map-bounds: the cursor is masked only when it is stored
// fault 2: map-bounds: the dump goes on behind the end of the ring
// fault 3: stack-bounds: the dump's lines are counted by the failing call's number
// fault 4: helper-argument: the dump is sent with an address for its size
// fault 5: context-access: the result is read as a word that crosses two arguments
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define RING 256
#define DUMP 8

struct line {
  __u64 id;
  __u64 number;
};

struct {
  __u64 cursor;
  struct line lines[RING];
} ring SEC(".bss.ring");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 15);
} dumps SEC(".maps");

SEC("raw_tp/sys_enter")
int record_call(struct bpf_raw_tracepoint_args* ctx) {
  __u64 at = ring.cursor++;
#if FAULT == 1
  ring.cursor &= RING - 1;
#else
  at &= RING - 1;
#endif
  ring.lines[at].id = bpf_get_current_pid_tgid();
  ring.lines[at].number = ctx->args[1];
  return 0;
}

SEC("raw_tp/sys_exit")
int dump_calls(struct bpf_raw_tracepoint_args* ctx) {
#if FAULT == 5
  __s64 result = *(volatile __s64*)((char*)ctx + 12);
#else
  __s64 result = ctx->args[1];
#endif
  if (result != -14) return 0;
  struct line dump[DUMP] = {};
  __u64 from = ring.cursor;
  for (__u64 i = 0; i < DUMP; i++) {
    __u64 at = (from - i - 1) & (RING - 1);
#if FAULT == 2
    at += i;
#endif
    asm volatile("" : "+r"(at));
#if FAULT != 2
    at &= RING - 1;
#endif
#if FAULT == 3
    dump[ring.lines[at].number & 63] = ring.lines[at];
#else
    dump[i] = ring.lines[at];
#endif
  }
#if FAULT == 4
  bpf_ringbuf_output(&dumps, dump, (long)dump, 0);
#else
  bpf_ringbuf_output(&dumps, dump, sizeof(dump), 0);
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
