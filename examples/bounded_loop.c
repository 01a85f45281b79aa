// SPDX-License-Identifier: Apache-2.0
// A loop whose length depends on the input: counts the distinct values among up to 64 bytes.
//
// Two nested loops, both ended by the data or by a constant. A verifier has to see that they end
// and that every access is inside the buffer, whichever bytes it holds.
#include <linux/types.h>
#include <stdint.h>

#include <bpf/bpf_helpers.h>

#define LIMIT 64

SEC("plain")
uint64_t bounded_loop(const uint8_t* buffer, uint64_t length) {
  uint64_t count = 0;
  if (length > LIMIT) length = LIMIT;
  for (uint64_t i = 0; i < length; ++i) {
    int seen = 0;
    for (uint64_t j = 0; j < i; ++j) {
      if (buffer[j] == buffer[i]) {
        seen = 1;
        break;
      }
    }
    if (!seen) ++count;
  }
  return count;
}
