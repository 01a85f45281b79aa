// Literals: what a path's facts say of single words, as sets of numbers, so that most questions
// need no solver.
//
//   literals.add(formula);              // `x <= 7`, `w - 3 > 2`, `(u32)x == 5` are literals
//   literals.possible(other)            // kNo, kYes, or kUnknown: ask the solver
//
// kNo is certain. kYes is so if the facts can hold at all: the word is a variable of which nothing
// else was said. Facts that are no literals tie their variables to each other.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "word/formula.h"

namespace zext::verifier::symbolic {

enum class Possible : uint8_t { kNo, kYes, kUnknown };

// Numbers of up to 64 bits, as ascending intervals that do not touch.
class NumberSet {
 public:
  struct Interval {
    uint64_t lo = 0;
    uint64_t hi = 0;
  };
  // From lo up to hi, modulo 2^width.
  static NumberSet wrapped(uint64_t lo, uint64_t hi, unsigned width);

  bool empty() const { return intervals_.empty(); }
  uint64_t most() const { return intervals_.empty() ? 0 : intervals_.back().hi; }
  NumberSet complement(unsigned width) const;
  NumberSet intersected(const NumberSet& other) const;
  // Each number less `by`, modulo 2^width.
  NumberSet minus(uint64_t by, unsigned width) const;

 private:
  std::vector<Interval> intervals_;
};

class Literals {
 public:
  void push() { scopes_.push_back(trail_.size()); }
  void pop();
  void add(const Formula& fact);
  Possible possible(const Formula& formula) const;
  // A number that the word, of at most 64 bits, does not exceed: by the facts about what it is made
  // of.
  uint64_t upper(const z3::expr& word) const { return upper(word, kMaxDepth); }

 private:
  static constexpr int kMaxDepth = 16;

  // That a word is in a set.
  struct Literal {
    z3::expr word;
    unsigned width;
    NumberSet set;
  };
  struct Known {
    z3::expr word;  // keeps its number from being given to another
    NumberSet set;
  };
  struct Change {
    unsigned id;
    std::optional<Known> before;
  };

  static std::optional<Literal> literal_of(const z3::expr& formula);
  static void strip(Literal& literal);
  uint64_t upper(const z3::expr& word, int depth) const;
  bool free(const z3::expr& word) const;
  void tie(const z3::expr& formula);

  std::unordered_map<unsigned, Known> known_;  // by the word's number
  std::unordered_set<unsigned> tied_;          // numbers of terms whose variables are tied
  std::vector<z3::expr> tied_terms_;
  std::vector<Change> trail_;
  std::vector<size_t> scopes_;
};

}  // namespace zext::verifier::symbolic
