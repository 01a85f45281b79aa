// SPDX-License-Identifier: Apache-2.0
// A helper of five arguments for each record, whose 32-bit result decides what happens.
#include "bench/jit/kernels/helpers.h"

KERNEL uint64_t helper_verdicts(uint8_t* buffer, uint64_t length) {
  const word32* words = (const word32*)buffer;
  uint64_t result = 1;
  uint32_t refused = 0;
  for (uint64_t i = 0; i + 3 <= length / 4; i += 3) {
    const int32_t verdict =
        (int32_t)helper_verdict(words[i], words[i + 1], words[i + 2], i, result);
    if (verdict < 0) {
      refused += (uint32_t)-verdict;
    } else if (verdict == 0) {
      result ^= words[i];
    } else {
      result = result * 33 + (uint32_t)verdict;
    }
  }
  return result + refused;
}
