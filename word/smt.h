// prove: asks Z3 whether a formula holds for all values of its variables.
//
//   auto x = Bv<32>::variable("x");
//   const Proof p = prove(zext<64>(x) == sext<64>(x));
//   p.proved();            // false
//   p.counterexample;      // "x = 0x80000000"
#pragma once

#include <string>

#include "word/formula.h"

namespace zext {

struct Proof {
  enum class Status { kProved, kRefuted, kUnknown };

  Status status = Status::kUnknown;
  std::string counterexample;  // kRefuted: one `name = 0xvalue` a variable, comma separated
  std::string reason;          // kUnknown: Z3's word why
  double seconds = 0;

  bool proved() const { return status == Status::kProved; }
  bool refuted() const { return status == Status::kRefuted; }
};

struct ProveOptions {
  unsigned timeout_ms = 120'000;
  const char* logic = "QF_UFBV";
};

// Whether `claim` holds on every assignment that satisfies the current path's condition
// (Paths::condition; true outside of Paths::each). kUnknown is a failure to prove.
Proof prove(const Formula& claim, const ProveOptions& options = {});

// The query that `prove(claim)` puts to Z3, as an SMT-LIB 2 script that is unsatisfiable exactly if
// the claim holds; for a second solver.
std::string to_smtlib(const Formula& claim, const ProveOptions& options = {});

}  // namespace zext
