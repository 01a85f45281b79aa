// What every kernel includes: the one C source is compiled as eBPF, as RV64 and for this machine.
//
//   KERNEL uint64_t sum_words(uint8_t* buffer, uint64_t length) { ... }
//
// A kernel has no tables and no globals, since eBPF keeps those in maps: it computes them, or keeps
// them in the buffer, which is aligned to 16 bytes. Its frame is at most 512 bytes.
#pragma once

#include <stdint.h>

#define KERNEL __attribute__((section("plain"), used))
#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))

// The buffer as words; they may alias each other.
typedef uint16_t __attribute__((may_alias)) word16;
typedef uint32_t __attribute__((may_alias)) word32;
typedef uint64_t __attribute__((may_alias)) word64;

INLINE uint32_t rotate32(uint32_t x, unsigned bits) { return x << bits | x >> (32 - bits); }
INLINE uint64_t rotate64(uint64_t x, unsigned bits) { return x << bits | x >> (64 - bits); }
