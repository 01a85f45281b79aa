// compare_states: how a state differs from the one expected, a line each.
//
//   compare_states(program, expected, actual);      // "r1 is 5..16, not 5..15\n"
//
// Symbols and objects may have other names, as long as the same names mean the same things.
#pragma once

#include <string>

#include "verifier/state/state.h"
#include "verifier/testing/case.h"

namespace zext::verifier {

std::string compare_states(const Prepared& program, const State& expected, const State& actual);

}  // namespace zext::verifier
