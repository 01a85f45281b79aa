// SPDX-License-Identifier: Apache-2.0
#pragma once

static inline int parity_of(unsigned value) {
  value ^= value >> 16;
  value ^= value >> 8;
  value ^= value >> 4;
  return (0x6996 >> (value & 0xf)) & 1;
}
