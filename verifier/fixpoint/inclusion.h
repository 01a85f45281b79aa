// covers: whether everything a state means is meant by another one, kept earlier.
//
//   if (covers(kept.state, arrived, roles)) return;      // nothing new is to be seen from here
//
// The proof it looks for is a witness: for each symbol of the kept state an expression over the
// symbols of the arrived one, under which registers, stack, ranges and inequalities follow.
#pragma once

#include <cstdint>

#include "verifier/fixpoint/tree.h"
#include "verifier/state/state.h"

namespace zext::verifier {

inline constexpr Symbol kNoSymbol = ~Symbol{0};

// How the kept state's symbols may be matched. Termination rests on these rules, see explorer.h.
struct Roles {
  enum class Role : uint8_t {
    kFixed,  // made on the way to both states: the same value, only itself may stand for it
    kFree,   // the kept state's own: any expression may
    kRound,  // counts the rounds of the kept loop head: itself plus one stands for it
  };
  const SymbolSource* symbols = nullptr;
  const Tree* tree = nullptr;
  uint32_t stretch = 0;      // of the kept state
  Symbol round = kNoSymbol;  // of a kept loop head that is an ancestor of the arrived state
  bool ancestor = false;

  Role role(Symbol symbol) const {
    if (symbol == round) return Role::kRound;
    const uint32_t made = symbols->stretch_of(symbol);
    const bool own = made == stretch && symbol >= kFirstSymbol;
    return own || !tree->open(made) ? Role::kFree : Role::kFixed;
  }
};

bool covers(const State& kept, const State& arrived, const Roles& roles);

// Most rounds of a loop from one entry to it: more would be an end that nobody lives to see.
inline constexpr uint64_t kMaxRounds = uint64_t{1} << 32;

// Whether a register or stack value moves with the symbol that counts rounds, by a range that gives
// at most kMaxRounds.
bool bounds_rounds(const State& state, Symbol round);

}  // namespace zext::verifier
