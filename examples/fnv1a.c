// SPDX-License-Identifier: Apache-2.0
// The FNV-1a hash, 64 bits wide, of up to 256 bytes.
//
// A multiplication by a 64-bit constant for each byte: the program to compare instruction counts
// and cycles with. The algorithm is in the public domain (Fowler, Noll, Vo).
#include <linux/types.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

#define LIMIT 256

SEC("plain")
uint64_t fnv1a(const uint8_t* buffer, uint64_t length) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (uint64_t i = 0; i < LIMIT && i < length; ++i) {
    hash ^= buffer[i];
    hash *= 0x100000001b3ull;
  }
  return hash;
}
