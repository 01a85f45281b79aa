// Term: a 64-bit word that computes as long as it is a constant, and reasons from then on.
//
//   const Term x = Term::of(6) + Term::of(1);             // 7, without a solver
//   const Truth small = ult(Term(Bv<64>::variable("n")), x);
//
// The meanings of instructions are templates over the word (isa/ebpf/semantics.h): lift() picks the
// instance.
#pragma once

#include <cstdint>
#include <optional>

#include "word/bits.h"
#include "word/bv.h"

namespace zext::verifier::symbolic {

class Term {
 public:
  Term() = default;
  explicit Term(const Bv<64>& term) : term_(term) {}
  explicit Term(const Bits<64>& bits) : value_(bits.value()) {}
  static Term of(uint64_t value) { return Term(Bits<64>::of(value)); }
  static Term of_signed(int64_t value) { return of(static_cast<uint64_t>(value)); }

  bool constant() const { return !term_.has_value(); }
  bool is(uint64_t value) const { return constant() && value_ == value; }
  uint64_t value() const { return value_; }
  int64_t signed_value() const { return static_cast<int64_t>(value_); }
  Bits<64> bits() const { return Bits<64>::of(value_); }
  Bv<64> bv() const { return term_ ? *term_ : Bv<64>::of(value_); }

 private:
  uint64_t value_ = 0;
  std::optional<Bv<64>> term_;
};

class Truth {
 public:
  Truth(bool value) : value_(value) {}  // NOLINT(google-explicit-constructor): as Formula.
  explicit Truth(const Formula& formula) : formula_(formula) {}

  bool constant() const { return !formula_.has_value(); }
  bool is(bool value) const { return constant() && value_ == value; }
  Formula formula() const { return formula_ ? *formula_ : Formula(value_); }

  friend Truth operator!(const Truth& a) {
    return a.constant() ? Truth(!a.value_) : Truth(!a.formula());
  }
  friend Truth operator&&(const Truth& a, const Truth& b) {
    if (a.is(false) || b.is(true)) return a;
    if (b.is(false) || a.is(true)) return b;
    return Truth(a.formula() && b.formula());
  }
  friend Truth operator||(const Truth& a, const Truth& b) { return !(!a && !b); }

 private:
  bool value_ = false;
  std::optional<Formula> formula_;
};

// f of the words: computed where all are constants.
template <class F, class... Terms>
auto lift(F f, const Terms&... terms) {
  const bool constant = (terms.constant() && ...);
  using Result = decltype(f(terms.bits()...));
  if constexpr (std::is_same_v<Result, bool>) {
    return constant ? Truth(f(terms.bits()...)) : Truth(f(terms.bv()...));
  } else {
    return constant ? Term(f(terms.bits()...)) : Term(f(terms.bv()...));
  }
}

inline Term operator+(const Term& a, const Term& b) {
  if (b.is(0)) return a;
  if (a.is(0)) return b;
  return lift([](auto x, auto y) { return x + y; }, a, b);
}
inline Term operator-(const Term& a, const Term& b) {
  if (b.is(0)) return a;
  return lift([](auto x, auto y) { return x - y; }, a, b);
}
inline Term operator&(const Term& a, const Term& b) {
  return lift([](auto x, auto y) { return x & y; }, a, b);
}
inline Truth operator==(const Term& a, const Term& b) {
  return lift([](auto x, auto y) { return x == y; }, a, b);
}
inline Truth ult(const Term& a, const Term& b) {
  return lift([](auto x, auto y) { return ult(x, y); }, a, b);
}
inline Truth ule(const Term& a, const Term& b) { return !ult(b, a); }
inline Truth slt(const Term& a, const Term& b) {
  return lift([](auto x, auto y) { return slt(x, y); }, a, b);
}
inline Truth sle(const Term& a, const Term& b) { return !slt(b, a); }

}  // namespace zext::verifier::symbolic
