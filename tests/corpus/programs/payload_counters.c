// SPDX-License-Identifier: Apache-2.0
// Counts kinds of bytes in a payload, with counters of several widths and directions.
// fault 1: termination: an eight-bit counter never reaches the limit of 300
// fault 2: termination: the countdown steps by two from an odd number, over zero
// fault 3: termination: the doubling starts at zero
// fault 4: packet-bounds: reads up to 31 bytes before the payload, where 14 are
// fault 5: map-bounds: signed bytes index the table below its start
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define LIMIT 300

__u64 runs[9];
__u64 kinds[128];

SEC("xdp")
int payload_counters(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  __u8* bytes = data + sizeof(struct ethhdr);
  if ((void*)(bytes + 64) > end) return XDP_PASS;

  __u32 zeros = 0;
#if FAULT == 1
  for (__u8 i = 0; i + 1 != LIMIT; ++i) {
#else
  for (__u16 i = 0; i + 1 != LIMIT; ++i) {
#endif
    __u8* byte = bytes + i;
    if ((void*)(byte + 1) > end) break;
    if (*byte == 0) zeros += 1;
  }

  __u32 last = 0;
  __u32 count = FAULT == 2 ? 61 : 62;
  asm volatile("" : "+r"(count));
  while (count != 0) {
    last ^= bytes[count & 63];
    count -= 2;
  }

  __u32 place = 0;
  __u32 width = 1;
#if FAULT == 3
  width = bytes[1] & 1;
#endif
  while (width < 256) {
    place += bytes[2] > width;
    width *= 2;
  }
  if (place < 9) runs[place] += zeros;

#if FAULT == 4
  last += *(bytes - (bytes[3] & 31));
#endif
#if FAULT == 5
  __s32 kind = (signed char)bytes[4];
  asm volatile("" : "+r"(kind));
  if (kind < 128) kinds[kind] += 1;
#else
  __u32 kind = bytes[4];
  if (kind < 128) kinds[kind] += 1;
#endif
  return last & 1 ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";
