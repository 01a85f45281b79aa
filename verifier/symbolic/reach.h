// within_reach: whether a pointer is so near its region's origin that addresses do not wrap around.
//
//   solver.proves(within_reach(pointer.bits))
//
// The host keeps 2^30 bytes free before either end of the address space (platform/platform.h).
#pragma once

#include "verifier/symbolic/term.h"

namespace zext::verifier::symbolic {

inline Truth within_reach(const Term& offset) {
  constexpr int64_t kReach = int64_t{1} << 29;
  const Term shifted = offset + Term::of_signed(kReach);
  return ule(shifted, Term::of_signed(2 * kReach));
}

}  // namespace zext::verifier::symbolic
