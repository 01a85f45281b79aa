// implied: what some views of a number say of its others, so that a file need not repeat it.
//
//   Number number{.lo = 0, .hi = 252};
//   implied(number, kUnsignedView).unknown      // 0xff: so are shi and hi32 what follows from 252
//
// A part of the file format: another result for the same views is another version of it. That is
// why it does not ask verifier/domain/, which may become more precise.
#pragma once

#include <array>
#include <cstdint>

#include "verifier/certificate/certificate.h"

namespace zext::verifier::certificate {

// Views as bits of a set.
inline constexpr unsigned kUnsignedView = 1;    // lo, hi
inline constexpr unsigned kSignedView = 2;      // slo, shi
inline constexpr unsigned kBitsView = 4;        // ones, unknown
inline constexpr unsigned kUnsigned32View = 8;  // lo32, hi32
inline constexpr unsigned kSigned32View = 16;   // slo32, shi32
inline constexpr unsigned kAllViews = 31;

// The number with the views in `given` as they are, and of the others what follows from those.
Number implied(const Number& number, unsigned given);

// Of a word that is constant + the sum of factor * symbol, each symbol in its range (ascending by
// symbol), in the order that the type has: what follows from that. Nothing where it may not fit
// into 64 bits.
Number implied(const Sum& form, Type type, const std::vector<Range>& ranges);

}  // namespace zext::verifier::certificate
