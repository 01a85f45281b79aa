// SPDX-License-Identifier: Apache-2.0
// Expands runs of count and byte into 40 places, each run padded to a multiple of 4.
// safe: used is a multiple of 4, as 40 is: what fits unpadded fits padded, too
// fault 1: stack-bounds: a byte before the first run: used is no multiple of 4
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

#define PLACES 40

SEC("plain")
__u64 run_lengths(const __u8* buffer, __u64 length) {
  __u8 places[PLACES] = {};
  __u64 used = FAULT == 1 ? 1 : 0;
  for (__u64 at = 0; at + 2 <= length && at < 8; at += 2) {
    __u64 count = buffer[at];
    if (count == 0 || used + count > PLACES) break;
    used += (count + 3) & ~3ull;
    places[used - 1] = buffer[at + 1];
  }
  return places[0] + places[PLACES - 1];
}
