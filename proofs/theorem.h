// theorem: a claim about all values of its variables, discharged by Z3 and confirmed by cvc5, as a
// GoogleTest case.
//
//   TEST(Operators, AddIsMonotone) {
//     theorem("x <= x + 1 below the greatest", 64, [] {
//       const auto x = Bv<64>::variable("x");
//       return Claim{.given = x != ~Bv<64>::of(0), .show = {ult(x, x + Bv<64>::of(1))}};
//     });
//     refuted("the same without the hypothesis", 64, [] {
//       const auto x = Bv<64>::variable("x");
//       return ult(x, x + Bv<64>::of(1));
//     });                                       // prints: x = 0xffffffffffffffff
//   }
//
// The claim is a function because it is executed once a path: ifs on symbolic values in the code
// under proof fork (word/paths.h). theorem_main.cc prints a table of all theorems at the end of the
// binary; --help lists its flags.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "word/formula.h"
#include "word/smt.h"

namespace zext::proofs {

// What is to be shown: every formula of `show`, where `given` holds. Each is a query of its own.
// The runner also checks that `given` can hold at all, lest a theorem be true of nothing.
struct Claim {
  Formula given = true;
  std::vector<Formula> show;
};

struct TheoremOptions {
  // For each query; `unknown` is a failure.
  unsigned timeout_ms = 240'000;
  // SMT-LIB logic: QF_UFBV for words, QF_AUFBV with memory, QF_NRA or QF_NIA for lemmas about
  // numbers.
  const char* logic = "QF_UFBV";
};
// Of claims about memory (word/array.h).
inline constexpr TheoremOptions kWithMemory{.logic = "QF_AUFBV"};

// Fails the calling test unless the claim is proved on every path and cvc5 does not contradict.
// `width` is that of the words, for the table; 0 where there is none.
void theorem(const std::string& name, unsigned width, const std::function<Claim()>& claim,
             const TheoremOptions& options = {});
void theorem(const std::string& name, unsigned width, const std::function<Formula()>& claim,
             const TheoremOptions& options = {});

// Fails the calling test unless some path has a counterexample, and prints it: for mutants, code
// broken on purpose.
void refuted(const std::string& name, unsigned width, const std::function<Claim()>& claim,
             const TheoremOptions& options = {});
void refuted(const std::string& name, unsigned width, const std::function<Formula()>& claim,
             const TheoremOptions& options = {});

// Where queries are written as SMT-LIB 2 (none if empty), and the time cvc5 may take.
struct RunnerOptions {
  std::string smt2_dir;
  double cvc5_query_seconds = 2;
  double cvc5_total_seconds = 20;
};
RunnerOptions& runner_options();

// The table of what this binary has proved and refuted so far, one line a theorem.
std::string report();

}  // namespace zext::proofs
