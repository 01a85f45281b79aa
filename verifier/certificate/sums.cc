#include "verifier/certificate/sums.h"

#include <limits>

namespace zext::verifier::certificate {
namespace {

using symbolic::Term;
using symbolic::Truth;

constexpr __int128 kSignedMin = std::numeric_limits<int64_t>::min();
constexpr __int128 kSignedMax = std::numeric_limits<int64_t>::max();
constexpr __int128 kUnsignedMax = ~uint64_t{0};

Bv<128> wide_constant(int64_t value) { return sext<128>(Bv<64>::of(static_cast<uint64_t>(value))); }

}  // namespace

Range Sums::range(uint32_t symbol) const {
  for (const Range& range : ranges_) {
    if (range.symbol == symbol) return range;
  }
  return {.symbol = symbol};
}

Term Sums::word(uint32_t symbol) const {
  const auto found = symbols_.find(symbol);
  return found == symbols_.end() ? Term() : found->second;
}

// Factors and constants have 64 bits, sums few terms: 128 bits cannot overflow.
Sums::Bounds Sums::bounds(const Sum& sum) const {
  Bounds result{sum.constant, sum.constant};
  for (const Sum::Term& term : sum.terms) {
    const Range range = this->range(term.symbol);
    const __int128 a = static_cast<__int128>(range.lo) * term.factor;
    const __int128 b = static_cast<__int128>(range.hi) * term.factor;
    result.lo += term.factor < 0 ? b : a;
    result.hi += term.factor < 0 ? a : b;
  }
  return result;
}

Term Sums::modular(const Sum& sum) const {
  Term result = Term::of_signed(sum.constant);
  for (const Sum::Term& term : sum.terms) {
    const Term symbol = word(term.symbol);
    const Term product = term.factor == 1 ? symbol
                                          : symbolic::lift([](auto a, auto b) { return a * b; },
                                                           symbol, Term::of_signed(term.factor));
    result = result.is(0) ? product : product + result;
  }
  return result;
}

Bv<128> Sums::wide(const Sum& sum) const {
  Bv<128> result = wide_constant(sum.constant);
  for (const Sum::Term& term : sum.terms) {
    result = result + zext<128>(word(term.symbol).bv()) * wide_constant(term.factor);
  }
  return result;
}

Truth Sums::at_least_zero(const Sum& sum) const {
  const Bounds bounds = this->bounds(sum);
  if (bounds.lo >= 0) return true;
  if (bounds.lo >= kSignedMin && bounds.hi <= kSignedMax) {
    return symbolic::sle(Term(), modular(sum));
  }
  return Truth(sle(wide_constant(0), wide(sum)));
}

Truth Sums::equal(const Term& word, const Sum& sum, bool is_signed) const {
  const Bounds bounds = this->bounds(sum);
  const bool fits = is_signed ? bounds.lo >= kSignedMin && bounds.hi <= kSignedMax
                              : bounds.lo >= 0 && bounds.hi <= kUnsignedMax;
  if (fits) return word == modular(sum);
  const Bv<128> left = is_signed ? sext<128>(word.bv()) : zext<128>(word.bv());
  return Truth(left == wide(sum));
}

}  // namespace zext::verifier::certificate
