// The decoder's errors in words.
#include "isa/ebpf/decode.h"

namespace zext::ebpf {
namespace {

std::string hex_byte(uint8_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  return {'0', 'x', kDigits[value >> 4], kDigits[value & 0xf]};
}

const char* name_of(Field field) {
  switch (field) {
    case Field::kNone:
      return "opcode";
    case Field::kDst:
      return "dst register";
    case Field::kSrc:
      return "src register";
    case Field::kOffset:
      return "offset";
    case Field::kImm:
      return "immediate";
  }
  __builtin_unreachable();
}

// The values of `field` that name instructions of this opcode.
std::string known_forms(uint8_t opcode, Field field) {
  std::string list;
  for (const Row& row : kRows) {
    if (row.opcode != opcode) continue;
    const int64_t value = field == Field::kSrc      ? row.src_field
                          : field == Field::kOffset ? row.offset_field
                                                    : row.imm_field;
    list += (list.empty() ? "" : ", ") + std::to_string(value);
  }
  return list;
}

std::string what(const DecodeError& error) {
  const std::string field = name_of(error.field);
  const std::string value = std::to_string(error.value);
  switch (error.kind) {
    case DecodeError::Kind::kUnknownOpcode:
      return "opcode " + hex_byte(error.opcode) +
             " is unknown; use an instruction of RFC 9669 or of clang -mcpu=v1 to v4";
    case DecodeError::Kind::kUnknownForm:
      return "opcode " + hex_byte(error.opcode) + " has no form with " + field + " " + value +
             "; the " + field + " must be one of " + known_forms(error.opcode, error.field);
    case DecodeError::Kind::kReservedField:
      return field + " is " + value + " but reserved in opcode " + hex_byte(error.opcode) +
             "; set it to " + std::to_string(error.expected);
    case DecodeError::Kind::kBadRegister:
      return field + " is r" + value + ", which does not exist; use r0 to r10";
    case DecodeError::Kind::kWritesFramePointer:
      return field + " is r10, the read-only frame pointer, and would be written; use r0 to r9";
    case DecodeError::Kind::kTruncatedWide:
      return "the program ends inside a 64-bit immediate load; append its second slot";
    case DecodeError::Kind::kBadSecondSlot:
      return "second slot of a 64-bit immediate load has " + field + " " + value +
             "; it may hold nothing but the immediate's upper half where the form has one: set it "
             "to 0";
    case DecodeError::Kind::kTargetOutside:
      return "target slot " + value + " is outside the program; keep it within its slots";
    case DecodeError::Kind::kTargetInWide:
      return "target slot " + value +
             " is the second slot of a 64-bit immediate load; aim at its first or at the next "
             "instruction";
    case DecodeError::Kind::kTargetOutOfFunction:
      return "jump to slot " + value +
             " leaves the function; jumps stay in their function, use a call to enter another";
    case DecodeError::Kind::kFallsOffEnd:
      return "execution falls off the end of the program; end it with exit or goto";
    case DecodeError::Kind::kFallsIntoFunction:
      return "execution falls into the function at slot " + value +
             "; end this one with exit or "
             "goto";
    case DecodeError::Kind::kPartialSlot:
      return "the program has " + value +
             " bytes, not a multiple of 8; is it truncated, or not eBPF?";
    case DecodeError::Kind::kEmptyProgram:
      return "the program is empty; give it at least an exit";
    case DecodeError::Kind::kTooLong:
      return "the program has " + value + " slots; the limit is " + std::to_string(kMaxSlots);
  }
  __builtin_unreachable();
}

}  // namespace

std::string describe(const DecodeError& error) {
  return "slot " + std::to_string(error.slot) + ": " + what(error);
}

}  // namespace zext::ebpf
