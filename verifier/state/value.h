// Value: what is known of one register or stack slot: its type, its number, its linear form.
//
//   Value length = Value::of(Number::constant(Bits<64>::of(34)));
//   Value packet = Value::pointer(Type::kPacket);             // data + 0
//
// Meaning, under a valuation of the symbols: kUninitialised is every content; kNumber the words in
// `number` that equal `linear` as unsigned integers; a pointer the addresses region + offset, for
// the offsets in `number` that equal `linear` as signed integers. An unknown `linear` says nothing.
#pragma once

#include <optional>

#include "verifier/facts.h"
#include "verifier/state/linear.h"
#include "verifier/state/number.h"
#include "verifier/state/relations.h"

namespace zext::verifier {

struct Value {
  Type type = Type::kUninitialised;
  uint8_t frame = 0;
  Number number = Number::top();
  Linear linear;

  static Value of(const Number& number) {
    return {.type = Type::kNumber, .frame = 0, .number = number, .linear = {}};
  }
  static Value pointer(Type type, uint8_t frame = 0) {
    return {.type = type, .frame = frame, .number = constant_number(0), .linear = {}};
  }

  bool same_type(const Value& other) const { return type == other.type && frame == other.frame; }

  // The linear form, or the constant that the number is; unknown where neither is known.
  Linear form() const {
    if (linear.known() || !is_constant(number)) return linear;
    const int64_t value = signed_min(number);
    if (type == Type::kNumber && value < 0) return {};
    return Linear::constant(value);
  }
};

}  // namespace zext::verifier
