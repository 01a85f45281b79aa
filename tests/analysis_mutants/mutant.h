// Which of its mistakes the broken analysis makes.
//
//   zext_mutant = 3;
//   broken(3);          // true: in break.sh, the third mistake is made
#pragma once

#include <type_traits>

// 0: none, the analysis as it is.
inline int zext_mutant = 0;

namespace zext::verifier {

// The domains are constexpr; constants are computed without mistakes.
constexpr bool broken(int mutant) { return !std::is_constant_evaluated() && zext_mutant == mutant; }

}  // namespace zext::verifier
