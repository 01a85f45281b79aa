// Quotients of exact numbers, and numbers that are integers: what the kernels of the verifier's
// relations need to be instantiated with Exact.
//
//   floor_division(Exact::variable("a"), Exact::variable("b"));      // inside of theorem()
//
// A quotient is named by its definition, as exact.h has it: a == q * b + r, where r is smaller than
// b and has a's sign. That q is an integer is not used unless a theorem says so with `integers`.
#pragma once

#include <string>

#include "proofs/exact.h"
#include "word/paths.h"

namespace zext::proofs {

struct Truncated {
  Exact quotient;
  Exact remainder;
};

// a / b towards zero, for b != 0.
inline Truncated truncated(const Exact& a, const Exact& b) {
  const std::string name = a.term().to_string() + " / " + b.term().to_string();
  const Truncated named{Exact::variable(("quotient of " + name).c_str()),
                        Exact::variable(("remainder of " + name).c_str())};
  const Exact& r = named.remainder;
  const Exact zero = Exact::of(0);
  const Exact size = select(slt(b, zero), zero - b, b);
  Paths::assume(implies(b != zero, a == named.quotient * b + r && slt(r, size) &&
                                       slt(zero - size, r) && implies(slt(zero, a), sle(zero, r)) &&
                                       implies(slt(a, zero), sle(r, zero)) &&
                                       implies(a == zero, r == zero)));
  return named;
}

inline Exact sdiv(const Exact& a, const Exact& b) { return truncated(a, b).quotient; }
inline Exact srem(const Exact& a, const Exact& b) { return truncated(a, b).remainder; }

// p is an integer, and x too: there is none between p and p + 1.
inline Formula integers(const Exact& x, const Exact& p) {
  return sle(x, p) || sle(p + Exact::of(1), x);
}

inline Exact power_of_two(unsigned exponent) {
  Exact result = Exact::of(1);
  for (unsigned i = 0; i < exponent; ++i) result = result + result;
  return Exact(result.term().simplify());
}

// -bound <= x <= bound.
inline Formula within(const Exact& x, const Exact& bound) {
  return sle(Exact::of(0) - bound, x) && sle(x, bound);
}

}  // namespace zext::proofs
