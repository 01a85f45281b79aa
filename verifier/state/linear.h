// Linear: a sum of a few symbols times constants, plus a constant, over the integers.
//
//   const Linear i = Linear::symbol(7);                 // symbol 7
//   const Linear end = Linear::symbol(2) - i.plus(4);   // symbol 2 - symbol 7 - 4
//
// A symbol stands for one integer that never changes along a path: a packet's size, a value loaded,
// the number of rounds of a loop. Where a sum has too many symbols or a constant leaves its range,
// the result is unknown, which is always sound.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "verifier/state/bounds.h"

namespace zext::verifier {

using Symbol = uint32_t;

class Linear {
 public:
  struct Term {
    Symbol symbol = 0;
    int64_t factor = 0;
    friend bool operator==(const Term&, const Term&) = default;
  };
  static constexpr uint8_t kMaxTerms = 4;
  // Small enough that sums of kMaxTerms products with 64-bit numbers stay far inside 128 bits.
  static constexpr int64_t kMaxFactor = int64_t{1} << 33;
  static constexpr int64_t kMaxConstant = int64_t{1} << 62;

  // Unknown.
  constexpr Linear() = default;
  static constexpr Linear constant(int64_t value) {
    Linear result;
    result.known_ = value >= -kMaxConstant && value <= kMaxConstant;
    result.constant_ = value;
    return result;
  }
  static constexpr Linear symbol(Symbol symbol) {
    Linear result = constant(0);
    result.count_ = 1;
    result.terms_[0] = {symbol, 1};
    return result;
  }

  constexpr bool known() const { return known_; }
  constexpr bool is_constant() const { return known_ && count_ == 0; }
  constexpr int64_t constant() const { return constant_; }
  constexpr const Term* begin() const { return terms_.data(); }
  constexpr const Term* end() const { return terms_.data() + count_; }
  constexpr uint8_t size() const { return count_; }

  constexpr int64_t factor(Symbol symbol) const {
    for (const Term& term : *this) {
      if (term.symbol == symbol) return term.factor;
    }
    return 0;
  }

  constexpr Linear plus(int64_t value) const { return combined(constant(value), 1); }
  constexpr Linear times(int64_t factor) const { return constant(0).combined(*this, factor); }

  // This divided by `divisor`, if every part is a multiple of it; else unknown.
  constexpr Linear divided(int64_t divisor) const {
    if (!known_ || constant_ % divisor != 0) return {};
    Linear result = *this;
    result.constant_ /= divisor;
    for (uint8_t i = 0; i < count_; ++i) {
      if (terms_[i].factor % divisor != 0) return {};
      result.terms_[i].factor /= divisor;
    }
    return result;
  }

  // This with `value` in the place of `symbol`.
  constexpr Linear substituted(Symbol symbol, const Linear& value) const {
    const int64_t f = factor(symbol);
    if (f == 0) return *this;
    return combined(Linear::symbol(symbol), -f).combined(value, f);
  }

  // This + factor * other.
  constexpr Linear combined(const Linear& other, int64_t factor) const {
    if (!known_ || !other.known_ || factor > kMaxFactor || factor < -kMaxFactor) return {};
    Linear result;
    const Int128 sum = Int128{constant_} + Int128{other.constant_} * factor;
    if (sum > kMaxConstant || sum < -kMaxConstant) return {};
    result.constant_ = static_cast<int64_t>(sum);
    const Term* a = begin();
    const Term* b = other.begin();
    while (a != end() || b != other.end()) {
      const bool from_a = b == other.end() || (a != end() && a->symbol <= b->symbol);
      const bool from_b = a == end() || (b != other.end() && b->symbol <= a->symbol);
      const Symbol symbol = from_a ? a->symbol : b->symbol;
      Int128 total = from_a ? a++->factor : 0;
      if (from_b) total += Int128{b++->factor} * factor;
      if (total == 0) continue;
      if (total > kMaxFactor || total < -kMaxFactor || result.count_ == kMaxTerms) return {};
      result.terms_[result.count_++] = {symbol, static_cast<int64_t>(total)};
    }
    result.known_ = true;
    return result;
  }

  friend constexpr Linear operator+(const Linear& a, const Linear& b) { return a.combined(b, 1); }
  friend constexpr Linear operator-(const Linear& a, const Linear& b) { return a.combined(b, -1); }
  friend constexpr bool operator==(const Linear& a, const Linear& b) {
    return a.known_ == b.known_ && a.constant_ == b.constant_ &&
           std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::array<Term, kMaxTerms> terms_ = {};  // ascending by symbol, factors not 0
  int64_t constant_ = 0;
  uint8_t count_ = 0;
  bool known_ = false;
};

}  // namespace zext::verifier
