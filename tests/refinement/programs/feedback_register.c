// SPDX-License-Identifier: Apache-2.0
// Spreads samples over 15 slots by a shift register with feedback, which runs through 1 to 15.
// safe: what is shifted out comes back as bit 3, so the register never becomes 0
// fault 1: map-bounds: the feedback's highest bit is bit 2
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#if FAULT == 1
#define TAPS 5
#else
#define TAPS 9
#endif

struct {
  __u64 counts[15];
} slots SEC(".bss.slots");

SEC("tracepoint/irq/irq_handler_entry")
int feedback_register(void* ctx) {
  __u64 state = bpf_get_prandom_u32() & 15;
  if (state == 0) state = 1;
  for (int i = 0; i < 5; i++) {
    __u64 feedback = -(state & 1) & TAPS;
    state = state >> 1 ^ feedback;
    asm volatile("" : "+r"(state));
  }
  slots.counts[state - 1]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
