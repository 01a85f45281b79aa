// SPDX-License-Identifier: Apache-2.0
// Multiplies two small matrices that are kept in a map value, on request of a system call program.
// fault 1: map-bounds: the inner loop goes one column too far in the last row
// fault 2: map-bounds: the number of the result comes from the caller unchecked
// fault 3: stack-bounds: the row on the stack is indexed by the matrix' row of the request
// fault 4: null-check: the operands of the caller's set are not checked
// fault 5: termination: the middle loop's counter is set back for an entry of zero
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define N 6

struct matrices {
  __u32 results[2][N][N];
  __u32 b[N][N];
  __u32 a[N][N];
};

struct request {
  __u32 set;
  __u32 result;
  __u64 trace;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, struct matrices);
} sets SEC(".maps");

SEC("syscall")
int matrix_product(struct request* ctx) {
  __u32 key = ctx->set;
  struct matrices* m = bpf_map_lookup_elem(&sets, &key);
#if FAULT != 4
  if (!m) return -1;
#endif
  __u64 result = ctx->result;
#if FAULT != 2
  if (result > 1) return -2;
#endif
  __u64 trace = 0;
  for (int i = 0; i < N; i++) {
    __u32 row[N] = {};
    for (int j = 0; j < N; j++) {
      __u32 sum = 0;
#if FAULT == 1
      for (volatile int k = 0; k <= N; k++) {
        int at = k;
        if (at < 0 || at > N) break;
        sum += ((volatile __u32*)m->a)[i * N + at] * m->b[0][j];
      }
#elif FAULT == 5
      for (volatile int k = 0; k < N; k++) {
        int at = k;
        if (at < 0 || at >= N) break;
        if (*(volatile __u32*)&m->a[i][at] == 0) k = 0;
        sum += m->b[at][j];
      }
#else
      for (int k = 0; k < N; k++) sum += m->a[i][k] * m->b[k][j];
#endif
      row[j] = sum;
    }
    trace += row[i];
    for (int j = 0; j < N; j++) m->results[result][i][j] = row[j];
#if FAULT == 3
    trace += ((volatile __u32*)row)[ctx->trace & 1023];
#endif
  }
  ctx->trace = trace;
  return 0;
}

char _license[] SEC("license") = "GPL";
