// Relations: what is known of symbols, namely a range of each and linear inequalities among them.
//
//   Relations relations;
//   relations.restrict(kPacketSize, 0, 0xffff);
//   relations.assume(Linear::symbol(kPacketSize).plus(-34));     // packet size - 34 >= 0
//   relations.lower(Linear::symbol(kPacketSize));                // 34
//
// Meaning: the valuations of the symbols as integers that satisfy every range and inequality.
// Everything kept is a fact added by assume() or restrict(), or follows from facts by adding
// inequalities, so dropping any of it is sound. lower() and upper() search a few combinations: they
// may give a weaker bound than the best, never a wrong one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "verifier/state/linear.h"

namespace zext::verifier {

// Symbols of every program; the others are made by SymbolSource.
inline constexpr Symbol kPacketSize = 0;  // bytes from data to data_end
// Bytes from data_meta to data, plus one: a driver without metadata sets data_meta to data + 1.
inline constexpr Symbol kMetaSizePlusOne = 1;
inline constexpr Symbol kMemorySize = 2;  // bytes of the buffer
inline constexpr Symbol kGotoRounds = 3;  // rounds that may_goto gives
inline constexpr Symbol kFirstSymbol = 4;

class Relations {
 public:
  struct Range {
    Symbol symbol = 0;
    uint64_t lo = 0;
    uint64_t hi = ~uint64_t{0};
  };

  // The range of a symbol; every 64-bit number for one that is not known here.
  Range range(Symbol symbol) const;
  bool knows(Symbol symbol) const { return find(symbol) != nullptr; }

  // Makes the symbol known, or its range smaller. False if no number is left: the state is
  // unreachable.
  [[nodiscard]] bool restrict(Symbol symbol, uint64_t lo, uint64_t hi);

  // The symbol plus `by`, modulo 2^width, is in lo..hi. False if that cannot be.
  [[nodiscard]] bool restrict_shifted(Symbol symbol, uint64_t by, unsigned width, uint64_t lo,
                                      uint64_t hi);

  // What expression >= least says of single symbols; it is not kept. False if it cannot hold.
  [[nodiscard]] bool bound(const Linear& expression, Int128 least);

  // Adds the fact expression >= 0, and what it says of single symbols. False if it cannot hold.
  // An unknown expression says nothing.
  [[nodiscard]] bool assume(const Linear& expression);

  // Bounds of a known expression.
  Int128 lower(const Linear& expression) const;
  Int128 upper(const Linear& expression) const { return -lower(expression.times(-1)); }
  // Whether expression >= 0 follows. No for an unknown expression.
  bool implies(const Linear& expression) const;

  // The symbol, not known but for its range, is the value of the form: inequalities about the form
  // become inequalities about the symbol.
  void define(Symbol symbol, const Linear& form);

  // The same about `to`, a symbol not known here, as about `from`.
  Relations renamed(Symbol from, Symbol to) const;

  std::span<const Range> ranges() const { return ranges_; }
  std::span<const Linear> inequalities() const { return inequalities_; }

  // Forgets each inequality for which forget(inequality) is true.
  template <class Forget>
  void forget_inequalities(Forget forget) {
    std::erase_if(inequalities_, forget);
  }

  // Forgets each symbol for which keep(symbol) is false, and what is said about it.
  template <class Keep>
  void retain(Keep keep) {
    std::erase_if(ranges_, [&](const Range& range) { return !keep(range.symbol); });
    std::erase_if(inequalities_, [&](const Linear& inequality) {
      return !std::all_of(inequality.begin(), inequality.end(),
                          [&](const Linear::Term& term) { return keep(term.symbol); });
    });
  }

 private:
  static constexpr size_t kMaxInequalities = 24;

  const Range* find(Symbol symbol) const;
  Int128 lower_by_ranges(const Linear& expression) const;
  Int128 lower(const Linear& expression, int depth) const;
  bool propagate(const Linear& inequality);

  std::vector<Range> ranges_;  // ascending by symbol
  std::vector<Linear> inequalities_;
};

}  // namespace zext::verifier
