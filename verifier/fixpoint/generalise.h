// generalise: a state that means at least as much as the given one, towards another.
//
//   Generalisation how{.symbols = symbols, .thresholds = constants, .widen = true};
//   const Symbol round = generalise(state, earlier, how);      // symbol that counts rounds
//
// Where the two differ, less is said. At a loop head (widen), what moved by a constant since the
// earlier visit is taken to move so in each round: its linear form gets that many times the number
// of rounds still to come, and inequalities that grew are taken to grow on. That is a guess about
// later rounds but a fact about this one, where the number is zero.
//
// The number of rounds to come is a fresh symbol; or, where the earlier state has a round symbol
// itself, a fresh symbol less that one, so that forms do not get longer by generalising again.
#pragma once

#include <span>

#include "verifier/fixpoint/inclusion.h"
#include "verifier/state/state.h"

namespace zext::verifier {

struct Generalisation {
  SymbolSource& symbols;
  std::span<const Bits<64>> thresholds = {};
  bool widen = false;         // at a loop head; else at a join
  bool force = false;         // forget all that differs
  bool privileged = false;    // addresses may be read as numbers
  bool grow = false;          // at a join: numbers that differ grow to the ends of their types
  uint16_t compared = 0x7ff;  // registers that the loop compares with others, bit by number
  // If the earlier state is a generalised loop head: its round symbol and its stretch.
  Symbol earlier_round = kNoSymbol;
  uint32_t earlier_stretch = 0;
};

// Changes `state`; returns the symbol that counts rounds, for `widen` and not `force`.
Symbol generalise(State& state, const State& earlier, const Generalisation& how);

}  // namespace zext::verifier
