// SPDX-License-Identifier: Apache-2.0
// Follows only processes whose name matches one of eight patterns with wildcards.
// fault 1: map-bounds: the number of patterns comes from a map and is not limited
// fault 2: stack-bounds: the comparison of the name does not end with its buffer
// fault 3: read-only-write: the patterns are folded to lower case in place
// fault 4: uninitialised: the name on the stack is compared though it was never asked for
// fault 5: reference-leak: a record reserved before the comparison is forgotten on a mismatch
// linux: 6.3 and later accept fault 4 of a privileged program
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define PATTERNS 8
#define NAME 16

struct {
  char text[PATTERNS][NAME];
} patterns SEC(".rodata.patterns") = {{"nginx*", "redis*", "ssh?", "bash"}};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} matches SEC(".maps");

__u64 pattern_count = 4;

static __noinline int matches_pattern(const char* name, __u64 pattern) {
#if FAULT != 1
  if (pattern >= PATTERNS) return 0;
#endif
#if FAULT == 2
  for (__u64 i = 0; i < 64 * NAME; i++) {
    char want = patterns.text[pattern][i & (NAME - 1)];
#else
  for (__u64 i = 0; i < NAME; i++) {
    char want = patterns.text[pattern][i];
#endif
#if FAULT == 3
    patterns.text[pattern][i] = want | 0x20;
#endif
    if (want == '*') return 1;
    if (want != '?' && want != name[i]) return 0;
#if FAULT != 2
    if (!want) return 1;
#endif
  }
  return 1;
}

SEC("tracepoint/sched/sched_process_fork")
int comm_filter(void* ctx) {
#if FAULT == 4
  char name[NAME];
  asm volatile("" : : "r"(name) : "memory");
#else
  char name[NAME] = {};
  bpf_get_current_comm(name, sizeof(name));
#endif
#if FAULT == 5
  __u64* early = bpf_ringbuf_reserve(&matches, 8, 0);
#endif
  __u64 count = pattern_count;
#if FAULT != 1
  if (count > PATTERNS) count = PATTERNS;
#endif
  for (__u64 i = 0; i < PATTERNS; i++) {
    if (i >= count) break;
#if FAULT == 1
    if (!matches_pattern(name, count - i)) continue;
#else
    if (!matches_pattern(name, i)) continue;
#endif
    __u64 id = bpf_get_current_pid_tgid();
    bpf_ringbuf_output(&matches, &id, sizeof(id), 0);
    break;
  }
#if FAULT == 5
  if (early && pattern_count) bpf_ringbuf_discard(early, 0);
#endif
  return 0;
}

char _license[] SEC("license") = "GPL";
