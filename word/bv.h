// Bv<N>: a word of N bits that reasons: it holds a Z3 term and offers Bits<N>'s vocabulary.
//
//   auto x = Bv<32>::variable("x");
//   prove(zext<64>(x) == sext<64>(x));    // refuted, with x = 0x80000000 (word/smt.h)
//
// z3::expr's own operators (signed `<` and `/`, implicit bool) stay inside. While an
// OpaqueArithmetic object lives, products and quotients of non-constant words are uninterpreted
// functions of their operands: enough where two sides apply the same operation, and nothing is
// bit-blasted.
#pragma once

#include <cstdint>

#include "word/formula.h"
#include "word/word.h"

namespace zext {

class OpaqueArithmetic {
 public:
  OpaqueArithmetic();
  ~OpaqueArithmetic();
  OpaqueArithmetic(const OpaqueArithmetic&) = delete;
  OpaqueArithmetic& operator=(const OpaqueArithmetic&) = delete;

  // Whether the calling thread has one alive.
  static bool active();
};

namespace internal {
enum class Product { kMul, kUdiv, kUrem, kSdiv, kSrem };
// a op b as SMT-LIB defines it, or as an uninterpreted function under OpaqueArithmetic.
z3::expr product(Product op, const z3::expr& a, const z3::expr& b);
}  // namespace internal

template <unsigned N>
class Bv {
  using Product = internal::Product;

 public:
  static constexpr unsigned kWidth = N;
  using Bool = Formula;
  template <unsigned M>
  using Of = Bv<M>;

  Bv() : Bv(of(0)) {}
  explicit Bv(const z3::expr& term) : term_(term) {}

  // The constant `value` modulo 2^N.
  static Bv of(uint64_t value) {
    if constexpr (N > 64) {
      return Bv(z3::zext(smt_context().bv_val(value, 64), N - 64));
    } else {
      return Bv(smt_context().bv_val(N == 64 ? value : value & ((uint64_t{1} << (N % 64)) - 1), N));
    }
  }

  // A word about which nothing is known; equal names give the same word.
  static Bv variable(const char* name) { return Bv(smt_context().bv_const(name, N)); }

  friend Bv operator+(const Bv& a, const Bv& b) { return Bv(a.term_ + b.term_); }
  friend Bv operator-(const Bv& a, const Bv& b) { return Bv(a.term_ - b.term_); }
  friend Bv operator*(const Bv& a, const Bv& b) { return product(Product::kMul, a, b); }
  friend Bv operator&(const Bv& a, const Bv& b) { return Bv(a.term_ & b.term_); }
  friend Bv operator|(const Bv& a, const Bv& b) { return Bv(a.term_ | b.term_); }
  friend Bv operator^(const Bv& a, const Bv& b) { return Bv(a.term_ ^ b.term_); }
  friend Bv operator~(const Bv& a) { return Bv(~a.term_); }
  friend Formula operator==(const Bv& a, const Bv& b) { return Formula(a.term_ == b.term_); }
  friend Formula operator!=(const Bv& a, const Bv& b) { return Formula(a.term_ != b.term_); }

  friend Bv shl(const Bv& a, const Bv& b) { return Bv(z3::shl(a.term_, b.term_)); }
  friend Bv lshr(const Bv& a, const Bv& b) { return Bv(z3::lshr(a.term_, b.term_)); }
  friend Bv ashr(const Bv& a, const Bv& b) { return Bv(z3::ashr(a.term_, b.term_)); }
  friend Bv udiv(const Bv& a, const Bv& b) { return product(Product::kUdiv, a, b); }
  friend Bv urem(const Bv& a, const Bv& b) { return product(Product::kUrem, a, b); }
  friend Bv sdiv(const Bv& a, const Bv& b) { return product(Product::kSdiv, a, b); }
  friend Bv srem(const Bv& a, const Bv& b) { return product(Product::kSrem, a, b); }

  friend Formula ult(const Bv& a, const Bv& b) { return Formula(z3::ult(a.term_, b.term_)); }
  friend Formula ule(const Bv& a, const Bv& b) { return Formula(z3::ule(a.term_, b.term_)); }
  friend Formula slt(const Bv& a, const Bv& b) { return Formula(z3::slt(a.term_, b.term_)); }
  friend Formula sle(const Bv& a, const Bv& b) { return Formula(z3::sle(a.term_, b.term_)); }

  friend Bv select(const Formula& condition, const Bv& a, const Bv& b) {
    return Bv(z3::ite(condition.term(), a.term_, b.term_));
  }

  // The Z3 term, for the floors that talk to a solver themselves.
  const z3::expr& term() const { return term_; }

 private:
  static Bv product(Product op, const Bv& a, const Bv& b) {
    return Bv(internal::product(op, a.term_, b.term_));
  }

  z3::expr term_;
};

template <unsigned M, unsigned N>
Bv<M> zext(const Bv<N>& x) {
  static_assert(M >= N);
  return Bv<M>(z3::zext(x.term(), M - N));
}

template <unsigned M, unsigned N>
Bv<M> sext(const Bv<N>& x) {
  static_assert(M >= N);
  return Bv<M>(z3::sext(x.term(), M - N));
}

template <unsigned M, unsigned N>
Bv<M> trunc(const Bv<N>& x) {
  static_assert(M <= N);
  return Bv<M>(x.term().extract(M - 1, 0));
}

template <unsigned High, unsigned Low, unsigned N>
Bv<High - Low + 1> extract(const Bv<N>& x) {
  static_assert(High < N && Low <= High);
  return Bv<High - Low + 1>(x.term().extract(High, Low));
}

template <unsigned M, unsigned N>
Bv<M + N> concat(const Bv<M>& high, const Bv<N>& low) {
  return Bv<M + N>(z3::concat(high.term(), low.term()));
}

static_assert(Word<Bv<1>> && Word<Bv<8>> && Word<Bv<64>> && Word<Bv<128>>);

}  // namespace zext
