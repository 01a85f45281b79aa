// Characters, as the C locale sees them.
#pragma once

#include <cstdint>

namespace zext::shim::helpers {

constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_printable(char c) { return c >= ' ' && c <= '~'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
constexpr bool is_punctuation(char c) {
  return is_printable(c) && c != ' ' && !is_digit(c) && !is_letter(c);
}
// The value of a digit of any base up to 36; 255: it is none.
constexpr uint8_t digit_of(char c) {
  if (is_digit(c)) return static_cast<uint8_t>(c - '0');
  if (is_letter(c)) return static_cast<uint8_t>(lower(c) - 'a' + 10);
  return 255;
}

}  // namespace zext::shim::helpers
