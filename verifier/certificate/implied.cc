#include "verifier/certificate/implied.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace zext::verifier::certificate {
namespace {

__extension__ using Wide = __int128;

constexpr uint64_t kSign = uint64_t{1} << 63;
constexpr uint64_t kLow = ~uint32_t{0};
constexpr uint32_t kSign32 = uint32_t{1} << 31;

int64_t as_signed(uint64_t x) { return static_cast<int64_t>(x); }
int32_t as_signed32(uint64_t x) { return static_cast<int32_t>(static_cast<uint32_t>(x)); }
uint64_t as_unsigned(int64_t x) { return static_cast<uint64_t>(x); }

// All bits at and below the highest one of x.
uint64_t smear(uint64_t x) { return x == 0 ? 0 : ~uint64_t{0} >> std::countl_zero(x); }

// Narrows the views that are not given, by one step after the other.
class Filler {
 public:
  Filler(const Number& number, unsigned given) : given_(given) {
    if (is_given(kUnsignedView)) {
      n_.lo = number.lo;
      n_.hi = number.hi;
    }
    if (is_given(kSignedView)) {
      n_.slo = number.slo;
      n_.shi = number.shi;
    }
    if (is_given(kBitsView)) {
      n_.ones = number.ones;
      n_.unknown = number.unknown;
    }
    if (is_given(kUnsigned32View)) {
      n_.lo32 = number.lo32;
      n_.hi32 = number.hi32;
    }
    if (is_given(kSigned32View)) {
      n_.slo32 = number.slo32;
      n_.shi32 = number.shi32;
    }
  }

  void pass() {
    bits_to_ranges();
    if ((n_.slo < 0) == (n_.shi < 0)) unsigned_within(as_unsigned(n_.slo), as_unsigned(n_.shi));
    low_to_full();
    if ((n_.lo ^ n_.hi) < kSign) signed_within(as_signed(n_.lo), as_signed(n_.hi));
    known_prefix(n_.lo, n_.hi);
    full_to_low();
    known_low_prefix();
    if ((n_.lo32 ^ n_.hi32) < kSign32) signed32_within(as_signed32(n_.lo32), as_signed32(n_.hi32));
    if ((n_.slo32 < 0) == (n_.shi32 < 0)) {
      unsigned32_within(static_cast<uint32_t>(n_.slo32), static_cast<uint32_t>(n_.shi32));
    }
  }

  const Number& number() const { return n_; }

 private:
  bool is_given(unsigned view) const { return (given_ & view) != 0; }

  void unsigned_within(uint64_t lo, uint64_t hi) {
    if (is_given(kUnsignedView)) return;
    n_.lo = std::max(n_.lo, lo);
    n_.hi = std::min(n_.hi, hi);
  }
  void signed_within(int64_t lo, int64_t hi) {
    if (is_given(kSignedView)) return;
    n_.slo = std::max(n_.slo, lo);
    n_.shi = std::min(n_.shi, hi);
  }
  void unsigned32_within(uint32_t lo, uint32_t hi) {
    if (is_given(kUnsigned32View)) return;
    n_.lo32 = std::max(n_.lo32, lo);
    n_.hi32 = std::min(n_.hi32, hi);
  }
  void signed32_within(int32_t lo, int32_t hi) {
    if (is_given(kSigned32View)) return;
    n_.slo32 = std::max(n_.slo32, lo);
    n_.shi32 = std::min(n_.shi32, hi);
  }

  // The bits that all words from lo to hi have in common, from the highest on.
  void known_prefix(uint64_t lo, uint64_t hi) {
    if (is_given(kBitsView)) return;
    const uint64_t below = smear(lo ^ hi);
    n_.ones |= lo & n_.unknown & ~below;
    n_.unknown &= below;
  }

  // The least and the greatest word of these bits, in each order.
  void bits_to_ranges() {
    const uint64_t most = n_.ones | n_.unknown;
    unsigned_within(n_.ones, most);
    signed_within(as_signed(n_.ones | (n_.unknown & kSign)),
                  as_signed(most & ~(n_.unknown & kSign)));
    unsigned32_within(static_cast<uint32_t>(n_.ones), static_cast<uint32_t>(most));
    signed32_within(as_signed32(n_.ones | (n_.unknown & kSign32)),
                    as_signed32(most & ~(n_.unknown & kSign32)));
  }

  // Where all words share their high half, the low halves have a range.
  void full_to_low() {
    if (n_.lo >> 32 == n_.hi >> 32) {
      unsigned32_within(static_cast<uint32_t>(n_.lo), static_cast<uint32_t>(n_.hi));
    }
    constexpr int64_t kLeast = std::numeric_limits<int32_t>::min();
    constexpr int64_t kGreatest = std::numeric_limits<int32_t>::max();
    if (n_.slo >= kLeast && n_.shi <= kGreatest) {
      signed32_within(static_cast<int32_t>(n_.slo), static_cast<int32_t>(n_.shi));
    }
  }

  // The same of the low half.
  void known_low_prefix() {
    if (is_given(kBitsView)) return;
    const uint64_t below = smear(n_.lo32 ^ n_.hi32);
    n_.ones |= n_.lo32 & n_.unknown & ~below;
    n_.unknown &= ~kLow | below;
  }

  // The ends move inwards to words whose low half is possible.
  void low_to_full() {
    const auto raised = [&](uint64_t lo) {
      return (lo & kLow) < n_.lo32 ? (lo & ~kLow) | n_.lo32 : lo;
    };
    const auto lowered = [&](uint64_t hi) {
      return (hi & kLow) > n_.hi32 ? (hi & ~kLow) | n_.hi32 : hi;
    };
    unsigned_within(raised(n_.lo), lowered(n_.hi));
    signed_within(as_signed(raised(as_unsigned(n_.slo))), as_signed(lowered(as_unsigned(n_.shi))));
  }

  Number n_;
  unsigned given_;
};

const Range* range_of(const std::vector<Range>& ranges, uint32_t symbol) {
  const auto found =
      std::lower_bound(ranges.begin(), ranges.end(), symbol,
                       [](const Range& range, uint32_t wanted) { return range.symbol < wanted; });
  return found != ranges.end() && found->symbol == symbol ? &*found : nullptr;
}

struct Ends {
  Wide lo = 0;
  Wide hi = 0;
  bool fit = true;  // no overflow
};

Ends ends_of(const Sum& form, const std::vector<Range>& ranges) {
  Ends ends{.lo = form.constant, .hi = form.constant};
  for (const Sum::Term& term : form.terms) {
    const Range* known = range_of(ranges, term.symbol);
    const Range range = known == nullptr ? Range{} : *known;
    Wide least = Wide{term.factor} * Wide{range.lo};
    Wide most = Wide{term.factor} * Wide{range.hi};
    if (term.factor < 0) std::swap(least, most);
    const bool overflow = __builtin_add_overflow(ends.lo, least, &ends.lo) ||
                          __builtin_add_overflow(ends.hi, most, &ends.hi);
    if (overflow) return {.fit = false};
  }
  return ends;
}

}  // namespace

Number implied(const Number& number, unsigned given) {
  Filler filler(number, given);
  filler.pass();
  filler.pass();
  return filler.number();
}

Number implied(const Sum& form, Type type, const std::vector<Range>& ranges) {
  const Ends ends = ends_of(form, ranges);
  const bool is_number = type == Type::kNumber;
  const Wide least = is_number ? Wide{0} : Wide{std::numeric_limits<int64_t>::min()};
  const Wide most = is_number ? Wide{~uint64_t{0}} : Wide{std::numeric_limits<int64_t>::max()};
  if (!ends.fit || ends.lo < least || ends.hi > most) return {};

  Number number;
  number.lo = static_cast<uint64_t>(ends.lo);
  number.hi = static_cast<uint64_t>(ends.hi);
  number.slo = as_signed(number.lo);
  number.shi = as_signed(number.hi);
  const unsigned view = is_number ? kUnsignedView : kSignedView;
  number = implied(number, view);

  // Below the lowest bit of all factors, the constant's bits are the word's.
  uint64_t factors = 0;
  for (const Sum::Term& term : form.terms) factors |= as_unsigned(term.factor);
  const uint64_t fixed = factors == 0 ? 0 : (factors & -factors) - 1;
  number.ones |= as_unsigned(form.constant) & fixed & number.unknown;
  number.unknown &= ~fixed;
  return implied(number, view | kBitsView);
}

}  // namespace zext::verifier::certificate
