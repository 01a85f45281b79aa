// Formula: a truth value that reasons, what `bool` is to Bits<N>.
//
//   Formula f = ult(Bv<64>::variable("x"), Bv<64>::of(16));
//   if (f) { ... }   // inside Paths::each, runs both branches, one execution each
//
// `&&` and `||` build a conjunction and a disjunction and evaluate both sides. Conversion to bool
// asks the path explorer (word/paths.h) and is an error of the caller's outside of one, unless the
// formula is constant.
#pragma once

#include <z3++.h>

namespace zext {

// The Z3 context of the calling thread: every term of that thread lives in it.
z3::context& smt_context();

class Formula {
 public:
  Formula(bool value);  // NOLINT(google-explicit-constructor): literals mix with formulas.
  explicit Formula(const z3::expr& term) : term_(term) {}

  // A truth value about which nothing is known.
  static Formula variable(const char* name);

  // Which way this execution goes; see Paths::each.
  explicit operator bool() const;

  friend Formula operator&&(const Formula& a, const Formula& b) {
    return Formula(a.term_ && b.term_);
  }
  friend Formula operator||(const Formula& a, const Formula& b) {
    return Formula(a.term_ || b.term_);
  }
  friend Formula operator!(const Formula& a) { return Formula(!a.term_); }
  friend Formula operator==(const Formula& a, const Formula& b) {
    return Formula(a.term_ == b.term_);
  }
  friend Formula implies(const Formula& a, const Formula& b) {
    return Formula(z3::implies(a.term_, b.term_));
  }
  friend Formula select(const Formula& c, const Formula& a, const Formula& b) {
    return Formula(z3::ite(c.term_, a.term_, b.term_));
  }

  // The Z3 term, for the floors that talk to a solver themselves.
  const z3::expr& term() const { return term_; }

 private:
  z3::expr term_;
};

constexpr bool implies(bool a, bool b) { return !a || b; }
constexpr bool select(bool c, bool a, bool b) { return c ? a : b; }

}  // namespace zext
