// SPDX-License-Identifier: Apache-2.0
// FNV-1a, 64 bits: a multiplication a byte.
#include "bench/jit/kernels/kernel.h"

KERNEL uint64_t fnv1a(uint8_t* buffer, uint64_t length) {
  uint64_t hash = 0xcbf29ce484222325;
  for (uint64_t i = 0; i < length; ++i) hash = (hash ^ buffer[i]) * 0x100000001b3;
  return hash;
}
