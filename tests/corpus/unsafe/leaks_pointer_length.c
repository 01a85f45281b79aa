// SPDX-License-Identifier: Apache-2.0
// Takes the difference of pointers into two regions for a length.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t leaks_pointer_length(bytes buffer, uint64_t length) {
  uint64_t local = 1;
  __asm__ volatile("" ::"r"(&local) : "memory");
  uint64_t distance = (uint64_t)(buffer - (bytes)&local);
  return distance < length ? buffer[distance] : 0;
}
