// SPDX-License-Identifier: Apache-2.0
// No section at all: functions over plain memory.
#include <stdint.h>

static __attribute__((noinline)) uint64_t twice(uint64_t value) {
  __asm__ volatile("" : "+r"(value));
  return value * 2;
}

uint64_t length(const uint8_t* buffer, uint64_t size) { return twice(size); }

uint64_t first_byte(const uint8_t* buffer, uint64_t size) { return size ? buffer[0] : 0; }
