// Sums over the integers as truths about words, at a width that cannot overflow.
//
//   Sums sums(point.ranges, symbols);
//   sums.at_least_zero(inequality)      // a Truth
#pragma once

#include <span>

#include "verifier/certificate/meaning.h"

namespace zext::verifier::certificate {

class Sums {
 public:
  // The ranges are taken to hold: they are asked for beside.
  Sums(std::span<const Range> ranges, const Environment& symbols)
      : ranges_(ranges), symbols_(symbols) {}

  // The sum modulo 2^64.
  symbolic::Term modular(const Sum& sum) const;
  // sum >= 0.
  symbolic::Truth at_least_zero(const Sum& sum) const;
  // The word, as an unsigned or a signed integer, is the sum.
  symbolic::Truth equal(const symbolic::Term& word, const Sum& sum, bool is_signed) const;

 private:
  struct Bounds {
    __int128 lo = 0;
    __int128 hi = 0;
  };
  Bounds bounds(const Sum& sum) const;
  Range range(uint32_t symbol) const;
  symbolic::Term word(uint32_t symbol) const;
  Bv<128> wide(const Sum& sum) const;

  std::span<const Range> ranges_;
  const Environment& symbols_;
};

}  // namespace zext::verifier::certificate
