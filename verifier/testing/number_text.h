// Numbers as the verifier knows them, as text and back: a range, or several facts joined by &.
//
//   5    -1    2^31    2^32-1    0..10              constants, unsigned ranges
//   s -5..5    u32 1..7    s32 -1..1                signed, and of the low half
//   bits 0x1|0x30    multiple of 4    any           value|unknown bits, multiples, everything
//
//   number_of("0..255 & bits 0|0xf0");              // what all of it says together
//   number_text(unsigned_range(5, 16));             // "5..16": the shortest text that says it
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "verifier/state/number.h"

namespace zext::verifier {

// Whether all components are the same.
bool same_number(const Number& a, const Number& b);

// None: no such text. `plain_is_signed`: `lo..hi` alone is signed, as offsets of pointers are.
std::optional<Number> number_of(const std::string& text, bool plain_is_signed = false);
std::string number_text(const Number& number, bool plain_is_signed = false);

// "0x10", "-3", "2^63-1".
std::optional<__int128> integer_of(const std::string& text);

// The parts of a text between separators, without blanks around them.
std::vector<std::string> parts_of(const std::string& text, const std::string& separator);

}  // namespace zext::verifier
