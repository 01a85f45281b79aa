// SPDX-License-Identifier: Apache-2.0
// Chooses one of the backends that a control frame lists, by a hash modulo their number.
// safe: hash % n < n, and n bytes behind the header were checked
// fault 1: packet-bounds: there may be no backends, and hash % 0 is the hash
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u64 counts[256];
} backends SEC(".bss.backends");

SEC("xdp")
int backend_by_remainder(struct xdp_md* ctx) {
  __u8* list = (__u8*)(long)ctx->data + 19;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (list > end) return XDP_PASS;
  __u64 n = *(list - 1);
  __u64 hash = *(__u16*)(list - 3);
  if (list + n > end) return XDP_DROP;
#if FAULT != 1
  if (n == 0) return XDP_PASS;
#endif
  backends.counts[list[hash % n]]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
