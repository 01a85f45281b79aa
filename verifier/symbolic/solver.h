// Solver: Z3 on one path at a time: facts are added as the path goes on, and taken back.
//
//   Solver solver({.seconds = 5});
//   solver.push();
//   solver.add(ult(x, Term::of(8)));
//   solver.possible(x == Term::of(9));      // kNo
//   solver.pop();
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "verifier/symbolic/literals.h"
#include "verifier/symbolic/term.h"

namespace zext::verifier::symbolic {

struct Budget {
  double seconds = 5;  // in all; then every answer is kUnknown
  // For a query, in Z3's units of work, so that answers are the same on every machine; a million
  // takes some 0.3 s.
  unsigned query_work = 4'000'000;
};

class Solver {
 public:
  explicit Solver(const Budget& budget);

  void push();
  void pop();
  // Scopes that are open; pop until so many are left.
  size_t depth() const { return models_.size() - 1; }
  void pop_to(size_t depth);

  void add(const Truth& fact);
  // Whether the truth can hold together with all facts, which hold together themselves.
  Possible possible(const Truth& truth);
  // The same with an example, for example(); and by all that was said later.
  Possible exemplified(const Truth& truth);
  // A fact that is asked for only where the others allow too much: what makes a product exact, for
  // which they say what matters mostly.
  void add_later(const Truth& fact);
  // Whether it follows from them. False where that is not known.
  bool proves(const Truth& truth) { return exemplified(!truth) == Possible::kNo; }

  // A number that the word does not exceed.
  uint64_t upper(const Term& term) const;

  // A word about which nothing is known yet, of the lowest `bits`; the others are 0.
  Term fresh(unsigned bits = 64);
  // One from lo to hi.
  Term fresh_between(uint64_t lo, uint64_t hi);

  // After exemplified() said kYes: what the word is in an example.
  uint64_t example(const Term& term) const;

  // The least and the greatest that a word between `low` and `high` can be, as signed integers;
  // low..high where that is not known.
  struct Bounds {
    int64_t low = 0;
    int64_t high = 0;
  };
  Bounds bounds(const Term& term, int64_t low, int64_t high);

  bool expired() const { return Clock::now() > end_; }
  // Whether some answer was kUnknown.
  bool gave_up() const { return gave_up_; }
  uint64_t queries() const { return queries_; }
  double seconds() const { return seconds_; }

 private:
  using Clock = std::chrono::steady_clock;

  Possible ask(const Truth& truth, bool all);

  z3::solver solver_;
  Clock::time_point end_;
  Literals literals_;
  // By scope: an assignment that satisfies all facts, as far as one is known.
  std::vector<std::optional<z3::model>> models_;
  std::optional<z3::model> example_;
  std::vector<Formula> later_;
  std::vector<size_t> later_of_scopes_;
  uint64_t queries_ = 0;
  uint64_t fresh_ = 0;
  double seconds_ = 0;
  bool gave_up_ = false;
};

}  // namespace zext::verifier::symbolic
