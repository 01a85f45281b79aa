// SPDX-License-Identifier: Apache-2.0
// Must be rejected: a loop that some inputs never leave.
//
// It follows a chain: each byte says how far ahead the next link is. A byte of zero that is not at
// the end makes it stay where it is for ever, and a program in a kernel must end.
#include <linux/types.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

SEC("plain")
uint64_t rejected_loop(const uint8_t* buffer, uint64_t length) {
  uint64_t position = 0;
  uint64_t links = 0;
  while (position < length) {
    position += buffer[position];
    ++links;
  }
  return links;
}
