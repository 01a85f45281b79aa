// generalise: a state that means at least as much as the given one, towards another.
//
//   Generalisation how{.symbols = symbols, .thresholds = constants, .widen = true};
//   const Symbol round = generalise(state, earlier, how);      // symbol that counts rounds
//
// Where the two differ, less is said. At a loop head (widen), what moved by a constant since the
// earlier visit is taken to move so in each round: its linear form gets that many times a fresh
// symbol, the number of rounds still to come, and inequalities that grew are taken to grow on. That
// is a guess about later rounds but a fact about this one, where the symbol is zero.
#pragma once

#include <span>

#include "verifier/state/state.h"

namespace zext::verifier {

struct Generalisation {
  SymbolSource& symbols;
  std::span<const Bits<64>> thresholds = {};
  bool widen = false;  // at a loop head; else at a join
  bool force = false;  // forget all that differs
};

// Changes `state`; returns the symbol that counts rounds, for `widen` and not `force`.
Symbol generalise(State& state, const State& earlier, const Generalisation& how);

}  // namespace zext::verifier
