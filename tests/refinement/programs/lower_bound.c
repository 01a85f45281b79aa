// SPDX-License-Identifier: Apache-2.0
// Finds a key in the sorted list of a control frame, whose length the frame says, by halving.
// safe: low <= middle < high <= n, and n bytes were checked
// fault 1: packet-bounds: the middle is rounded up
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

__u64 found;

SEC("xdp")
int lower_bound(struct xdp_md* ctx) {
  __u8* keys = (__u8*)(long)ctx->data + 16;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (keys > end) return XDP_PASS;
  __u64 n = keys[-2];
  __u64 wanted = keys[-1];
  if (keys + n > end) return XDP_DROP;
  __u64 low = 0;
  __u64 high = n;
  for (int i = 0; i < 8 && low < high; i++) {
#if FAULT == 1
    __u64 middle = (low + high + 1) / 2;
#else
    __u64 middle = (low + high) / 2;
#endif
    if (keys[middle] < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low < n && keys[low] == wanted) found++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
