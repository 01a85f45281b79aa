// Slots to instructions: the decoder, which gives an error for every malformed encoding.
//
//   auto code = decode_program(slots_from_bytes(bytes));
//   if (!code) return describe(code.error());   // "slot 3: opcode 0x8f is unknown; ..."
//   for (uint32_t pc = 0; pc < code->size(); pc = code->next(pc)) use(code->insns[pc]);
//
// Total: any bytes give a value, an error or instructions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "isa/ebpf/fields.h"
#include "isa/ebpf/insn.h"

namespace zext::ebpf {

struct DecodeError {
  enum class Kind : uint8_t {
    kUnknownOpcode,
    kUnknownForm,          // `field` names no instruction of this opcode
    kReservedField,        // `field` must hold `expected`
    kBadRegister,          // `field` names a register beyond r10
    kWritesFramePointer,   // `field` names r10, and the instruction changes it
    kTruncatedWide,        // LD_IMM64 without its second slot
    kBadSecondSlot,        // `field` of LD_IMM64's second slot must be zero
    kTargetOutside,        // jump or call out of the program, to `value`
    kTargetInWide,         // into the second slot of an LD_IMM64
    kTargetOutOfFunction,  // a jump into another function
    kFallsOffEnd,          // the last instruction is neither exit nor goto
    kFallsIntoFunction,    // likewise the last one before another function
    kPartialSlot,          // the program's `value` bytes are not a multiple of eight
    kEmptyProgram,
    kTooLong,  // more than kMaxSlots
  };

  uint32_t slot = 0;
  Kind kind = Kind::kUnknownOpcode;
  Field field = Field::kNone;
  uint8_t opcode = 0;
  int64_t value = 0;     // found
  int64_t expected = 0;  // kReservedField: required
};

// One line: the slot, what is wrong, and how to mend it.
std::string describe(const DecodeError& error);

// Longest program decoded, in slots.
inline constexpr uint32_t kMaxSlots = uint32_t{1} << 24;

// The instruction at `pc`, with every check that needs no other instruction.
std::expected<Instruction<>, DecodeError> decode(std::span<const Slot> program, uint32_t pc);

// A decoded program. Everything is indexed by slot, so that offsets need no translation.
struct Code {
  // The second slot of an LD_IMM64 holds a copy of it.
  std::vector<Instruction<>> insns;
  // Entry slots of functions, ascending, 0 first: targets of local calls and of LoadFunction. A
  // function extends to the next one's entry.
  std::vector<uint32_t> functions;

  uint32_t size() const { return static_cast<uint32_t>(insns.size()); }
  // The slot after the instruction at `pc`.
  uint32_t next(uint32_t pc) const { return pc + insns[pc].slots(); }
  // Whether `pc` is inside an LD_IMM64.
  bool second_slot(uint32_t pc) const { return second_slots[pc] != 0; }
  // Where the jump or local call at `pc` goes when it is taken; none for other instructions.
  std::optional<uint32_t> target(uint32_t pc) const;
  // Entry of the function that `pc` is in.
  uint32_t function_of(uint32_t pc) const;

  std::vector<uint8_t> second_slots;  // for second_slot()
};

// The whole program: decode() for each instruction; targets are instructions of the program;
// no function is left but by exit (as Linux demands of functions: jumps stay inside, the last
// instruction is an exit or a goto).
std::expected<Code, DecodeError> decode_program(std::span<const Slot> program);

// Program text as in memory or in an ELF section, little-endian; kPartialSlot unless the size is a
// multiple of eight.
std::expected<std::vector<Slot>, DecodeError> slots_from_bytes(std::span<const uint8_t> bytes);
std::vector<uint8_t> bytes_from_slots(std::span<const Slot> slots);

// Address, as a program sees it, of the function at `slot`: what LoadFunction gives in the
// interpreter and Callx takes.
constexpr uint64_t function_address(uint32_t slot) {
  return 0x6670'0000'0000'0000 + uint64_t{slot} * sizeof(Slot);
}

}  // namespace zext::ebpf
