// SPDX-License-Identifier: Apache-2.0
// A 64-bit constant whose low half has its top bit set: 0xffffffc0804df568, a kernel address.
//
// LD_IMM64 carries a constant in two halves of 32 bits. A compiler that sign-extends the low half
// and adds the high one gets 0xffffffbf804df568: the bug that zext, zero extension, is named after.
// This program takes the constant from LD_IMM64 and from arithmetic, and reports which of its
// properties do not hold, so that a wrong one cannot go unnoticed.
#include <linux/types.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

#define ADDRESS 0xffffffc0804df568ull

// Keeps the compiler from computing with the value itself.
#define OPAQUE(value) __asm__ volatile("" : "+r"(value))

// Bits 0 to 3: which property does not hold. Above them, from bit 8 on, the constant's bits 32 to
// 47 as LD_IMM64 gave them: 0xffc0 where all is well, 0xffbf with the bug.
SEC("plain")
uint64_t const64(const uint8_t* buffer, uint64_t length) {
  uint64_t loaded = ADDRESS;  // LD_IMM64
  OPAQUE(loaded);

  uint64_t high = 0xffffffc0;  // two moves, a shift and an or
  uint64_t low = 0x804df568;
  OPAQUE(high);
  OPAQUE(low);
  uint64_t combined = high << 32 | low;

  // The distance to the next address whose low half is zero: positive, and 31 bits wide.
  uint64_t boundary = 0xffffffc100000000ull;
  OPAQUE(boundary);
  uint64_t distance = boundary - loaded;

  // The address as an offset from the top of the address space, as kernels compute.
  uint64_t below_top = ~loaded;
  OPAQUE(below_top);

  // Moved to and fro by a number that only the run knows.
  uint64_t moved = loaded + length;
  OPAQUE(moved);
  moved -= length;

  uint64_t wrong = 0;
  if (combined != loaded) wrong |= 1;
  if (distance != 0x7fb20a98) wrong |= 2;
  if (below_top != 0x3f7fb20a97ull) wrong |= 4;
  if (moved != combined) wrong |= 8;
  return (loaded >> 32 & 0xffff) << 8 | wrong;
}
