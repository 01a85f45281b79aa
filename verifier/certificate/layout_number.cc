#include "verifier/certificate/layout_number.h"

#include <bit>

namespace zext::verifier::certificate {
namespace {

size_t size_of(const Number& number, unsigned given) {
  Writer writer;
  Number copy = number;
  views_layout(writer, given, copy);
  return writer.bytes().size();
}

}  // namespace

unsigned telling_views(const Number& number) {
  if (number == Number{}) return 0;
  unsigned best = kAllViews;
  size_t least = size_of(number, kAllViews);
  for (unsigned given = 1; given < kAllViews; ++given) {
    if (implied(number, given) != number) continue;
    const size_t size = size_of(number, given);
    if (size < least || (size == least && std::popcount(given) < std::popcount(best))) {
      least = size;
      best = given;
    }
  }
  return best;
}

NumberKind kind_of(const Number& number, const Number* by_form) {
  if (number == Number{}) return NumberKind::kAny;
  if (by_form != nullptr && number == *by_form) return NumberKind::kByForm;
  if (number.slo == number.shi && number == constant_number(number.slo)) {
    return number.slo == 0 ? NumberKind::kZero : NumberKind::kConstant;
  }
  switch (telling_views(number)) {
    case kUnsignedView:
      return NumberKind::kUnsigned;
    case kSignedView:
      return NumberKind::kSigned;
    default:
      return NumberKind::kViews;
  }
}

}  // namespace zext::verifier::certificate
