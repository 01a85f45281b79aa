// SPDX-License-Identifier: Apache-2.0
// Sums the fields of a message whose kind says how long it is: 8 bytes more for each kind.
// safe: kind 2 was checked to have 8 + 16 bytes, kind 1 to have 8 + 8
// fault 1: memory-bounds: kind 0 is taken for the long one
#include <linux/types.h>

#include <bpf/bpf_helpers.h>

typedef const __u8* bytes;

SEC("plain")
__u64 message_by_kind(bytes buffer, __u64 length) {
  if (length < 8) return 0;
  __u64 kind = buffer[0] & 3;
  __u64 size = 8 + 8 * kind;
  if (length < size) return 0;
  __u64 sum = buffer[4];
  __u64 rest = 3 - kind;
  asm volatile("" : "+r"(rest));
#if FAULT == 1
  if (rest >= 1) sum += buffer[23];
#else
  if (rest <= 1) sum += buffer[23];
#endif
  return sum + size;
}
