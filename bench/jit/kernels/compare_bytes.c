// SPDX-License-Identifier: Apache-2.0
// Compares pairs of lines of 32 bytes until they differ.
#include "bench/jit/kernels/kernel.h"

INLINE int compare(const uint8_t* a, const uint8_t* b, uint64_t n) {
  for (uint64_t i = 0; i < n; ++i) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

KERNEL uint64_t compare_bytes(uint8_t* buffer, uint64_t length) {
  int64_t order = 0;
  for (uint64_t at = 0; at + 64 <= length; at += 64) {
    buffer[at + 32 + at / 64 % 32] ^= 1;
    for (uint64_t i = 0; i < 32; ++i) buffer[at + i] = buffer[at + 32];
    order += compare(buffer + at, buffer + at + 32, 32) + compare(buffer + at, buffer + at, 32);
  }
  return (uint64_t)order;
}
