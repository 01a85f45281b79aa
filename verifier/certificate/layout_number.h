// How a file tells a number: a kind, which its content's first byte names, and what that needs.
//
//   NumberKind kind = kind_of(number, by_form);      // when writing
//   number_layout(io, kind, by_form, number);        // io: a Writer or a Reader
#pragma once

#include "verifier/certificate/implied.h"
#include "verifier/certificate/reader.h"
#include "verifier/certificate/writer.h"

namespace zext::verifier::certificate {

enum class NumberKind : uint8_t {
  kAny,       // every word
  kZero,      //
  kByForm,    // what the form and the ranges of its symbols say
  kConstant,  // an integer
  kUnsigned,  // lo, hi, and what they imply
  kSigned,    // slo, shi, likewise
  kViews,     // which views are given, those, and what they imply
};
inline constexpr unsigned kNumberKinds = 7;

// What costs the file least. `by_form`: what the form says; null where it is of no use.
NumberKind kind_of(const Number& number, const Number* by_form);

// The views that imply the others, in the fewest bytes.
unsigned telling_views(const Number& number);

inline Number constant_number(int64_t value) {
  return implied({.slo = value, .shi = value}, kSignedView);
}

template <class Io>
void unsigned_layout(Io& io, Number& number) {
  io.natural(number.lo);
  io.limit(number.lo, number.hi);
}

template <class Io>
void signed_layout(Io& io, Number& number) {
  uint64_t slo = Writer::zig_zag(number.slo);
  io.limit(0, slo);
  number.slo = Reader::un_zig_zag(slo);
  auto shi = static_cast<uint64_t>(number.shi);
  io.limit(static_cast<uint64_t>(number.slo), shi);
  number.shi = static_cast<int64_t>(shi);
}

// The views in `given`. Bits are told by where they are not what the ranges imply.
template <class Io>
void views_layout(Io& io, unsigned given, Number& number) {
  if ((given & kUnsignedView) != 0) unsigned_layout(io, number);
  if ((given & kSignedView) != 0) signed_layout(io, number);
  if ((given & kBitsView) != 0) {
    const Number guess = implied(number, given & (kUnsignedView | kSignedView));
    uint64_t unknown = number.unknown ^ guess.unknown;
    uint64_t ones = number.ones ^ guess.ones;
    io.natural(unknown);
    io.natural(ones);
    number.unknown = unknown ^ guess.unknown;
    number.ones = ones ^ guess.ones;
  }
  if ((given & kUnsigned32View) != 0) {
    io.natural(number.lo32);
    uint64_t hi32 = number.hi32;
    io.limit(number.lo32, hi32);
    io.require(hi32 <= ~uint32_t{0}, "the end of a 32-bit range that has more bits");
    number.hi32 = static_cast<uint32_t>(hi32);
  }
  if ((given & kSigned32View) != 0) {
    io.integer(number.slo32);
    io.integer(number.shi32);
  }
}

template <class Io>
void number_layout(Io& io, NumberKind kind, const Number& by_form, Number& number) {
  unsigned given = 0;
  switch (kind) {
    case NumberKind::kAny:
      break;
    case NumberKind::kZero:
      number.slo = number.shi = 0;
      given = kSignedView;
      break;
    case NumberKind::kByForm:
      number = by_form;
      return;
    case NumberKind::kConstant:
      io.integer(number.slo);
      number.shi = number.slo;
      given = kSignedView;
      break;
    case NumberKind::kUnsigned:
      unsigned_layout(io, number);
      given = kUnsignedView;
      break;
    case NumberKind::kSigned:
      signed_layout(io, number);
      given = kSignedView;
      break;
    case NumberKind::kViews: {
      uint8_t views = Io::kReads ? 0 : static_cast<uint8_t>(telling_views(number));
      io.byte(views);
      if (!io.require(views <= kAllViews, "views of a number that there are not")) return;
      views_layout(io, views, number);
      given = views;
      break;
    }
  }
  number = implied(number, given);
}

}  // namespace zext::verifier::certificate
