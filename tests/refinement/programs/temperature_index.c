// SPDX-License-Identifier: Apache-2.0
// Counts temperatures of -20 to 44 degrees, a signed byte, from the middle of a table.
// safe: byte ^ 0x80 is the signed byte plus 128, so from -20 + 128 to 44 + 128
// fault 1: map-bounds: the lower bound is -21
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define COLDEST -20
#define WARMEST 44

struct {
  __u64 counts[WARMEST - COLDEST + 1];
} degrees SEC(".bss.degrees");

SEC("xdp")
int temperature_index(struct xdp_md* ctx) {
  __u8* data = (__u8*)(long)ctx->data;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (data + 20 > end) return XDP_PASS;
  __u64 byte = data[19];
  __s8 degree = byte;
#if FAULT == 1
  if (degree < COLDEST - 1 || degree > WARMEST) return XDP_PASS;
#else
  if (degree < COLDEST || degree > WARMEST) return XDP_PASS;
#endif
  __u64 index = (byte ^ 0x80) - (128 + COLDEST);
  asm volatile("" : "+r"(index));
  degrees.counts[index]++;
  return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
