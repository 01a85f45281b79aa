// SPDX-License-Identifier: Apache-2.0
// An IPv4 option whose length is zero makes it stay where it is for ever.
#include "tests/corpus/headers.h"

SEC("xdp")
int option_of_length_zero(struct xdp_md* ctx) {
  bytes end = END(ctx);
  bytes at = BEGIN(ctx) + 34;
  uint32_t options = 0;
  while (at + 2 <= end) {
    if (at[0] == 0) break;
    at += at[1];
    ++options;
  }
  return options;
}
