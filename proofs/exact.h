// Exact: a number, where Bv is a word: a lemma about products is proven over the reals, then used
// of words that cannot wrap.
//
//   template <class N>
//   auto monotone(N x, N y, N z) { return implies(ule(N::of(0), z) && ule(x, y), ule(x * z, y *
//   z)); } theorem("monotone", 0, [] { return monotone(Exact::variable("x"), ...); }, {.logic =
//   "QF_NRA"}); monotone(zext<128>(a), zext<128>(b), zext<128>(c));    // a hypothesis about 64-bit
//   a, b, c
//
// Why that carries over. Let a lemma consist of comparisons of terms, each a product of at most two
// arguments, or a sum of such terms. If it holds of all reals it holds of all integers, so of the
// values of words. A machine word computes the same values as the integers where nothing wraps:
//   - the product of two N-bit words, zero-extended to 2N bits, is below 2^N * 2^N = 2^2N; sign-
//     extended, its magnitude is at most 2^(N-1) * 2^(N-1), below 2^(2N-1);
//   - comparisons are exact: unsigned for zero-extended words, signed for sign-extended ones.
// So an instance at 2N bits of extended words is true. A quotient is named by its definition
// (SMT-LIB: bvudiv is the integer q with q * y <= x < (q + 1) * y, for y != 0); that it is an
// integer enters as `q <= p or q >= p + 1`, which the lemmas about quotients state.
#pragma once

#include <z3++.h>

#include <cstdint>

#include "word/formula.h"

namespace zext::proofs {

class Exact {
 public:
  using Bool = Formula;

  explicit Exact(const z3::expr& term) : term_(term) {}
  static Exact of(int64_t value) { return Exact(smt_context().real_val(value)); }
  static Exact variable(const char* name) { return Exact(smt_context().real_const(name)); }

  friend Exact operator+(const Exact& a, const Exact& b) { return Exact(a.term_ + b.term_); }
  friend Exact operator-(const Exact& a, const Exact& b) { return Exact(a.term_ - b.term_); }
  friend Exact operator*(const Exact& a, const Exact& b) { return Exact(a.term_ * b.term_); }
  friend Formula operator==(const Exact& a, const Exact& b) { return Formula(a.term_ == b.term_); }
  friend Formula operator!=(const Exact& a, const Exact& b) { return Formula(a.term_ != b.term_); }
  friend Exact select(const Formula& c, const Exact& a, const Exact& b) {
    return Exact(z3::ite(c.term(), a.term_, b.term_));
  }

  // Numbers have one order; a lemma names the one its words have.
  friend Formula ule(const Exact& a, const Exact& b) { return Formula(a.term_ <= b.term_); }
  friend Formula ult(const Exact& a, const Exact& b) { return Formula(a.term_ < b.term_); }
  friend Formula sle(const Exact& a, const Exact& b) { return ule(a, b); }
  friend Formula slt(const Exact& a, const Exact& b) { return ult(a, b); }

  const z3::expr& term() const { return term_; }

 private:
  z3::expr term_;
};

}  // namespace zext::proofs
