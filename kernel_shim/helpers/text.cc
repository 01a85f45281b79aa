// Strings and the numbers in them.
#include <errno.h>
#include <linux/bpf.h>

#include "kernel_shim/helpers/characters.h"
#include "kernel_shim/helpers/functions.h"

namespace zext::shim::helpers {
namespace {

// Linux: BPF_STRTOX_BASE_MASK, and the room for the digits: so many characters are looked at.
constexpr uint64_t kBaseMask = 0x1f;
constexpr uint64_t kMaxDigits = 63;

struct Number {
  uint64_t magnitude = 0;
  bool negative = false;
  int64_t consumed = 0;  // characters, or an errno
};

// The base that a prefix says where `base` is 0; the prefix of 16 may be there where it is 16.
uint64_t base_at(const char*& at, const char* end, uint64_t base) {
  const auto is = [&](int i, char wanted) { return at + i < end && lower(at[i]) == wanted; };
  const bool prefixed = is(0, '0') && is(1, 'x');
  if (base == 0) {
    const bool hexadecimal = prefixed && at + 2 < end && digit_of(at[2]) < 16;
    base = !is(0, '0') ? 10 : hexadecimal ? 16 : 8;
  }
  if (base == 16 && prefixed) at += 2;
  return base;
}

Number parse(const char* text, uint64_t size, uint64_t flags) {
  const uint64_t wanted = flags & kBaseMask;
  const bool known = wanted == 0 || wanted == 8 || wanted == 10 || wanted == 16;
  if (size == 0 || !known || (flags & ~kBaseMask) != 0) return {.consumed = -EINVAL};
  Number number;
  const char* at = text;
  const char* end = text + size;
  while (at < end && is_space(*at)) ++at;
  number.negative = at < end && *at == '-';
  if (number.negative) ++at;
  if (at == end) return {.consumed = -EINVAL};
  if (static_cast<uint64_t>(end - at) > kMaxDigits) end = at + kMaxDigits;
  const uint64_t base = base_at(at, end, wanted);
  const char* const digits = at;
  bool overflow = false;
  for (; at < end && digit_of(*at) < base; ++at) {
    overflow |= __builtin_mul_overflow(number.magnitude, base, &number.magnitude);
    overflow |=
        __builtin_add_overflow(number.magnitude, uint64_t{digit_of(*at)}, &number.magnitude);
  }
  if (overflow) return {.consumed = -ERANGE};
  if (at == digits) return {.consumed = -EINVAL};
  number.consumed = at - text;
  return number;
}

}  // namespace

// -1, 0 or 1, as Linux's strncmp.
uint64_t strncmp(Run&, const Arguments& arguments) {
  const auto* left = pointer<const uint8_t>(arguments[0]);
  const auto* right = pointer<const uint8_t>(arguments[2]);
  const auto size = static_cast<uint32_t>(arguments[1]);
  for (uint32_t i = 0; i < size; ++i) {
    if (left[i] != right[i]) return result(left[i] < right[i] ? -1 : 1);
    if (left[i] == 0) break;
  }
  return 0;
}

uint64_t strtol(Run&, const Arguments& arguments) {
  const Number number = parse(pointer<const char>(arguments[0]), arguments[1], arguments[2]);
  if (number.consumed < 0) return result(number.consumed);
  constexpr uint64_t kTop = uint64_t{1} << 63;
  if (number.magnitude > (number.negative ? kTop : kTop - 1)) return result(-ERANGE);
  *pointer<uint64_t>(arguments[3]) = number.negative ? -number.magnitude : number.magnitude;
  return result(number.consumed);
}

uint64_t strtoul(Run&, const Arguments& arguments) {
  const Number number = parse(pointer<const char>(arguments[0]), arguments[1], arguments[2]);
  if (number.consumed < 0) return result(number.consumed);
  if (number.negative) return result(-EINVAL);
  *pointer<uint64_t>(arguments[3]) = number.magnitude;
  return result(number.consumed);
}

}  // namespace zext::shim::helpers
