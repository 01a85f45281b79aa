// confirm: asks cvc5, a solver that shares nothing with Z3, about a query in SMT-LIB 2.
//
//   confirm("(set-logic QF_BV) (assert false) (check-sat)", 5);    // kUnsat
#pragma once

#include <string>

namespace zext::proofs {

enum class Answer { kUnsat, kSat, kUndecided, kUnavailable };

// cvc5's answer within `seconds`; kUnavailable if it is not installed. Anything but a clear answer
// is kUndecided.
Answer confirm(const std::string& smtlib, double seconds);

}  // namespace zext::proofs
