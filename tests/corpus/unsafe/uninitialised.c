// SPDX-License-Identifier: Apache-2.0
// Reads a stack slot that only one of two ways has written.
#include "tests/corpus/headers.h"

SEC("plain")
uint64_t uninitialised(bytes buffer, uint64_t length) {
  uint64_t slot[2];
  __asm__ volatile("" ::"r"(slot));
  if (length > 8) {
    slot[1] = length;
    __asm__ volatile("" ::"r"(slot) : "memory");
  }
  uint64_t* hidden = slot;
  __asm__ volatile("" : "+r"(hidden));
  return hidden[1];
}
