// SPDX-License-Identifier: Apache-2.0
// Gives each process the lowest free bit of a bitmap at its start and takes it back at its end.
// fault 1: map-bounds: the word's number runs to the number of bits
// fault 2: null-check: the slot of a process that never got one is freed
// fault 3: termination: the search for a free bit starts again when there is none
// fault 4: map-bounds: the slot remembered in the map is trusted as an index
// fault 5: helper-argument: the value is stored by its number
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define WORDS 16

struct {
  __u64 words[WORDS];
} bitmap SEC(".bss.bitmap");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, WORDS * 64);
  __type(key, __u32);
  __type(value, __u64);
} slots SEC(".maps");

__u64 full;

static __always_inline __u64 lowest_zero(__u64 word) {
  __u64 n = 0;
  for (int i = 0; i < 64; i++) {
    if (!(word & 1)) break;
    word >>= 1;
    n++;
  }
  return n;
}

SEC("tracepoint/sched/sched_process_fork")
int process_starts(void* ctx) {
  __u32 process = bpf_get_current_pid_tgid() >> 32;
#if FAULT == 1
  for (__u64 i = 0; i < WORDS * 64; i++) {
#elif FAULT == 3
  for (volatile __u64 n = 0;; n = (n + 1) & (WORDS - 1)) {
    __u64 i = n & (WORDS - 1);
#else
  for (__u64 i = 0; i < WORDS; i++) {
#endif
    __u64 word = *(volatile __u64*)&bitmap.words[i];
    if (word == ~0ull) continue;
    __u64 bit = lowest_zero(word) & 63;
    bitmap.words[i] = word | 1ull << bit;
    __u64 slot = i * 64 + bit;
#if FAULT == 5
    bpf_map_update_elem(&slots, &process, (void*)slot, BPF_ANY);
#else
    bpf_map_update_elem(&slots, &process, &slot, BPF_ANY);
#endif
    return 0;
  }
  full++;
  return 0;
}

SEC("tracepoint/sched/sched_process_exit")
int process_ends(void* ctx) {
  __u32 process = bpf_get_current_pid_tgid() >> 32;
  __u64* slot = bpf_map_lookup_elem(&slots, &process);
#if FAULT != 2
  if (!slot) return 0;
#endif
  __u64 word = *slot >> 6, bit = *slot & 63;
  asm volatile("" : "+r"(word));
#if FAULT != 4
  if (word >= WORDS) return 0;
#endif
  bitmap.words[word] &= ~(1ull << bit);
  bpf_map_delete_elem(&slots, &process);
  return 0;
}

char _license[] SEC("license") = "GPL";
