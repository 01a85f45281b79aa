// Memory held at once, counted exactly: what links this has its allocation functions replaced.
//
//   reset_peak();
//   verify(subject);
//   peak_bytes()      // the most that was held during that
#pragma once

#include <cstdint>

namespace zext::bench {

// The most bytes that were allocated at once, beyond those at the last reset_peak().
uint64_t peak_bytes();
void reset_peak();

}  // namespace zext::bench
