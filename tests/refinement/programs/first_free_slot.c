// SPDX-License-Identifier: Apache-2.0
// Takes the first free one of 12 slots, by a product that maps single bits to numbers.
// safe: a bit that is free is among the lowest 12, and the table has its number, 0 to 11
// fault 1: map-bounds: 16 bits are taken for slots
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SLOTS 12

// 0x077cb531 contains every five bits once: times 2^n, its top five say n.
struct {
  __u8 of[32];
} numbers SEC(".rodata.numbers") = {{0,  1,  28, 2,  29, 14, 24, 3, 30, 22, 20, 15, 25, 17, 4,  8,
                                     31, 27, 13, 23, 21, 19, 16, 7, 26, 12, 18, 6,  11, 5,  10, 9}};

struct {
  __u64 owners[SLOTS];
} slots SEC(".bss.slots");

__u32 taken;

SEC("kprobe/do_exit")
int first_free_slot(void* ctx) {
  __u32 used = *(volatile __u32*)&taken;
#if FAULT == 1
  __u32 unused = ~used & 0xffff;
#else
  __u32 unused = ~used & ((1u << SLOTS) - 1);
#endif
  if (unused == 0) return 0;
  __u32 lowest = unused & -unused;
  __u64 slot = *(volatile __u8*)&numbers.of[lowest * 0x077cb531u >> 27];
  slots.owners[slot] = bpf_get_current_pid_tgid();
  taken = used | lowest;
  return 0;
}

char _license[] SEC("license") = "GPL";
