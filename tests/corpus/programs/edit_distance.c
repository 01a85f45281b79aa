// SPDX-License-Identifier: Apache-2.0
// The edit distance of two command names by two rows of the table, to group renamed processes.
// fault 1: map-bounds: the row is walked one column behind the last character
// fault 2: map-bounds: the row is read once more at the distance found
// fault 3: map-bounds: the distance counts in a histogram with fewer classes than distances
// fault 4: helper-argument: the parent's name is read with the child's process number as size
// fault 5: termination: the rows go on while the last one changed the result
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define NAME 8

struct fork_args {
  __u64 common;
  char parent[16];
  __u32 parent_process;
  char child[16];
  __u32 child_process;
};

struct {
  __u8 at[NAME + 1];
} table SEC(".bss.table");

struct {
  __u64 at[NAME + 1];
} distances SEC(".bss.distances");

static __always_inline __u8 least(__u8 a, __u8 b) { return a < b ? a : b; }

SEC("tracepoint/sched/sched_process_fork")
int edit_distance(struct fork_args* ctx) {
  char a[NAME] = {}, b[NAME] = {};
#if FAULT == 4
  bpf_probe_read_kernel(a, ctx->child_process, ctx->parent);
#else
  bpf_probe_read_kernel(a, sizeof(a), ctx->parent);
#endif
  bpf_probe_read_kernel(b, sizeof(b), ctx->child);
  volatile __u8* row = table.at;
  for (int j = 0; j <= NAME; j++) row[j] = j;
#if FAULT == 5
  for (volatile __u64 last = NAME + 1; row[NAME] != last; last = row[NAME] ^ a[0]) {
    int i = 0;
#else
  for (int i = 0; i < NAME; i++) {
#endif
    __u8 diagonal = row[0];
    row[0] = i + 1;
    for (int j = 0; j < NAME; j++) {
      __u8 change = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = least(change, least(row[j], diagonal) + 1);
    }
  }
  __u64 distance = row[NAME];
#if FAULT == 1
  for (__u64 j = 0; j <= NAME + 1; j++) {
    __u64 column = j;
    asm volatile("" : "+r"(column));
    if (row[column] < distance) distance = row[column];
  }
#elif FAULT == 2
  distance += row[distance];
#endif
  asm volatile("" : "+r"(distance));
#if FAULT != 3
  if (distance > NAME) return 0;
#endif
  distances.at[distance]++;
  return 0;
}

char _license[] SEC("license") = "GPL";
