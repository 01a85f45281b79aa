// Value: what is known of one register or stack slot: its type, its number, its linear form.
//
//   Value length = Value::of(Number::constant(Bits<64>::of(34)));
//   Value packet = Value::pointer(Type::kPacket);             // data + 0
//
// Meaning, under a valuation of the symbols: kUninitialised is every content; kNumber the words in
// `number` that equal `linear` as unsigned integers; a pointer the addresses region + offset, for
// the offsets in `number` that equal `linear` as signed integers, and 0 too where it is nullable.
// An unknown `linear` says nothing; of numbers `shifted` says more. Values with the same `object`,
// if it is not 0, point into the same thing, so that all or none of them are 0.
#pragma once

#include <optional>

#include "verifier/facts.h"
#include "verifier/platform/helper.h"
#include "verifier/platform/structure.h"
#include "verifier/state/linear.h"
#include "verifier/state/number.h"
#include "verifier/state/relations.h"
#include "verifier/subject.h"

namespace zext::verifier {

using ObjectId = uint32_t;
inline constexpr ObjectId kNoObject = 0;
inline constexpr ObjectId kNullObject =
    ~ObjectId{0};  // stands for the object of a pointer that is 0

// A symbol plus a number, less as many times 2^width as make a word of it: what `x - 1 < 31`
// compares where x may be 0. `width` 0: nothing of the kind.
struct Shifted {
  Symbol symbol = 0;
  uint64_t by = 0;
  uint8_t width = 0;
  // Only the sum's low 32 bits, moved to the upper half: what `x << 32 >> 32` goes through.
  bool high = false;
};

struct Value {
  Type type = Type::kUninitialised;
  uint8_t frame = 0;
  StructureId structure = StructureId::kNone;
  bool nullable = false;
  Trust trust = Trust::kNone;  // kObject
  bool read_only = false;      // kRegion, kMapKey, kMapValue; kPerCpu: memory is behind it
  ObjectId object = kNoObject;
  ObjectId reference = kNoObject;  // what was acquired and keeps it there: ends with that
  uint32_t detail = 0;  // kMapValue: 1 in a map that was looked up; kRegion: bytes; kObject: BTF
                        // type; kPerCpu: of what is behind it; kFunction: its first slot
  const Map* map = nullptr;
  Number number = Number::top();
  Linear linear;
  Shifted shifted;  // between a computation and the comparison after it

  static Value of(const Number& number) {
    Value value;
    value.type = Type::kNumber;
    value.number = number;
    return value;
  }
  static Value pointer(Type type, uint8_t frame = 0) {
    Value value;
    value.type = type;
    value.frame = frame;
    value.number = constant_number(0);
    return value;
  }
  static Value of_map(Type type, const Map& map) {
    Value value = pointer(type);
    value.map = &map;
    return value;
  }
  static Value region(uint32_t bytes, bool read_only) {
    Value value = pointer(Type::kRegion);
    value.detail = bytes;
    value.read_only = read_only;
    return value;
  }

  // Whether both point into regions alike. Not whether into the same one.
  bool same_type(const Value& other) const {
    return type == other.type && frame == other.frame && structure == other.structure &&
           trust == other.trust && read_only == other.read_only && detail == other.detail &&
           map == other.map;
  }

  bool is_zero() const { return type == Type::kNumber && verifier::is_zero(number); }

  // The linear form, or the constant that the number is; unknown where neither is known.
  Linear form() const {
    if (linear.known() || !is_constant(number)) return linear;
    const int64_t value = signed_min(number);
    if (type == Type::kNumber && value < 0) return {};
    return Linear::constant(value);
  }

  RegisterFact fact() const {
    return {.type = type,
            .frame = frame,
            .structure = static_cast<uint8_t>(structure),
            .nullable = nullable,
            .detail = detail,
            .map = map,
            .value = number};
  }
};

}  // namespace zext::verifier
