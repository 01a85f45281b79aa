#include "isa/ebpf/decode.h"

#include <algorithm>
#include <array>

namespace zext::ebpf {
namespace {

using Malformed = DecodeError::Kind;

constexpr uint8_t kNoRow = 0xff;
static_assert(kRowCount < kNoRow);

// Rows by opcode, as linked lists: first[opcode], then next[row].
struct OpcodeIndex {
  std::array<uint8_t, 256> first;
  std::array<uint8_t, kRowCount> next;
};

constexpr OpcodeIndex kIndex = [] {
  OpcodeIndex index{};
  index.first.fill(kNoRow);
  for (size_t i = kRowCount; i-- > 0;) {
    index.next[i] = index.first[kRows[i].opcode];
    index.first[kRows[i].opcode] = static_cast<uint8_t>(i);
  }
  return index;
}();

constexpr int64_t selector_of(const Row& row, Field selector) {
  return selector == Field::kSrc      ? row.src_field
         : selector == Field::kOffset ? row.offset_field
         : selector == Field::kImm    ? row.imm_field
                                      : 0;
}

constexpr int64_t field_of(const Slot& slot, Field field) {
  switch (field) {
    case Field::kNone:
      return 0;
    case Field::kDst:
      return slot.dst();
    case Field::kSrc:
      return slot.src();
    case Field::kOffset:
      return slot.offset;
    case Field::kImm:
      return slot.imm;
  }
  __builtin_unreachable();
}

// No two instructions share an encoding: rows of one opcode have the same selector, with different
// values.
consteval bool encodings_disjoint() {
  for (size_t i = 0; i < kRowCount; ++i) {
    const Field selector = fields_of(kRows[i]).selector;
    for (uint8_t j = kIndex.next[i]; j != kNoRow; j = kIndex.next[j]) {
      if (fields_of(kRows[j]).selector != selector || selector == Field::kNone) return false;
      if (selector_of(kRows[i], selector) == selector_of(kRows[j], selector)) return false;
    }
  }
  return true;
}
static_assert(encodings_disjoint());

DecodeError error_at(std::span<const Slot> program, uint32_t slot, Malformed kind,
                     Field field = Field::kNone, int64_t value = 0, int64_t expected = 0) {
  return {.slot = slot,
          .kind = kind,
          .field = field,
          .opcode = slot < program.size() ? program[slot].opcode : uint8_t{0},
          .value = value,
          .expected = expected};
}

std::expected<const Row*, DecodeError> find_row(std::span<const Slot> program, uint32_t pc) {
  const Slot& slot = program[pc];
  const uint8_t first = kIndex.first[slot.opcode];
  if (first == kNoRow) {
    return std::unexpected(
        error_at(program, pc, Malformed::kUnknownOpcode, Field::kNone, slot.opcode));
  }
  if (kIndex.next[first] == kNoRow) return &kRows[first];
  const Field selector = fields_of(kRows[first]).selector;
  const int64_t value = field_of(slot, selector);
  for (uint8_t i = first; i != kNoRow; i = kIndex.next[i]) {
    if (selector_of(kRows[i], selector) == value) return &kRows[i];
  }
  return std::unexpected(error_at(program, pc, Malformed::kUnknownForm, selector, value));
}

std::optional<DecodeError> check_register(std::span<const Slot> program, uint32_t pc, Field field,
                                          bool written) {
  const int64_t reg = field_of(program[pc], field);
  if (reg >= kRegisterCount) return error_at(program, pc, Malformed::kBadRegister, field, reg);
  if (written && reg == kFramePointer) {
    return error_at(program, pc, Malformed::kWritesFramePointer, field, reg);
  }
  return std::nullopt;
}

std::optional<DecodeError> check_reserved(std::span<const Slot> program, uint32_t pc, Field field,
                                          int64_t expected) {
  const int64_t value = field_of(program[pc], field);
  if (value == expected) return std::nullopt;
  return error_at(program, pc, Malformed::kReservedField, field, value, expected);
}

std::optional<DecodeError> check_fields(std::span<const Slot> program, uint32_t pc,
                                        const Row& row) {
  const Fields fields = fields_of(row);
  auto error = fields.dst ? check_register(program, pc, Field::kDst, fields.dst_written)
                          : check_reserved(program, pc, Field::kDst, 0);
  if (error) return error;
  error = fields.src ? check_register(program, pc, Field::kSrc, fields.src_written)
                     : check_reserved(program, pc, Field::kSrc, row.src_field);
  if (error) return error;
  if (!fields.offset) error = check_reserved(program, pc, Field::kOffset, row.offset_field);
  if (error) return error;
  if (!fields.imm) error = check_reserved(program, pc, Field::kImm, row.imm_field);
  return error;
}

std::optional<DecodeError> check_second_slot(std::span<const Slot> program, uint32_t pc,
                                             const Row& row) {
  if (pc + 1 >= program.size()) return error_at(program, pc, Malformed::kTruncatedWide);
  const Slot& second = program[pc + 1];
  const auto bad = [&](Field field, int64_t value) {
    return error_at(program, pc + 1, Malformed::kBadSecondSlot, field, value);
  };
  if (second.opcode != 0) return bad(Field::kNone, second.opcode);
  if (second.dst() != 0) return bad(Field::kDst, second.dst());
  if (second.src() != 0) return bad(Field::kSrc, second.src());
  if (second.offset != 0) return bad(Field::kOffset, second.offset);
  if (second.imm != 0 && !row.wide_immediate) return bad(Field::kImm, second.imm);
  return std::nullopt;
}

// Where control or a function's address at `pc` points, before any check.
std::optional<int64_t> raw_target(const Instruction<>& insn, uint32_t pc) {
  switch (insn.row().kind) {
    case Kind::kJump:
    case Kind::kJa:
    case Kind::kMayGoto:
      return int64_t{pc} + 1 + insn.offset;
    case Kind::kGotol:
    case Kind::kCallLocal:
      return int64_t{pc} + 1 + insn.imm.signed_value();
    case Kind::kImm64:
      // LoadFunction's immediate is relative like a call's, in its low half.
      if (insn.op != Op::kLoadFunction) return std::nullopt;
      return int64_t{pc} + 1 + static_cast<int32_t>(static_cast<uint32_t>(insn.imm.value()));
    case Kind::kAlu:
    case Kind::kNeg:
    case Kind::kMovsx:
    case Kind::kEndian:
    case Kind::kLoad:
    case Kind::kLoadSx:
    case Kind::kStore:
    case Kind::kStoreImm:
    case Kind::kAtomic:
    case Kind::kLoadAcquire:
    case Kind::kStoreRelease:
    case Kind::kLoadAbs:
    case Kind::kLoadInd:
    case Kind::kCallHelper:
    case Kind::kCallBtf:
    case Kind::kCallx:
    case Kind::kExit:
    case Kind::kAddrSpaceCast:
      return std::nullopt;
  }
  __builtin_unreachable();
}

bool names_function(const Instruction<>& insn) {
  return insn.op == Op::kCallLocal || insn.op == Op::kLoadFunction;
}

std::optional<DecodeError> collect_targets(std::span<const Slot> program, Code& code) {
  code.functions.push_back(0);
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    const std::optional<int64_t> target = raw_target(code.insns[pc], pc);
    if (!target) continue;
    if (*target < 0 || *target >= code.size()) {
      return error_at(program, pc, Malformed::kTargetOutside, Field::kNone, *target);
    }
    const auto slot = static_cast<uint32_t>(*target);
    if (code.second_slot(slot)) {
      return error_at(program, pc, Malformed::kTargetInWide, Field::kNone, slot);
    }
    if (names_function(code.insns[pc])) code.functions.push_back(slot);
  }
  std::sort(code.functions.begin(), code.functions.end());
  code.functions.erase(std::unique(code.functions.begin(), code.functions.end()),
                       code.functions.end());
  return std::nullopt;
}

bool ends_flow(const Instruction<>& insn) {
  return insn.op == Op::kExit || insn.op == Op::kJa || insn.op == Op::kGotol;
}

// Functions are ranges of slots: nothing but calls and exit crosses their borders.
std::optional<DecodeError> check_functions(std::span<const Slot> program, const Code& code) {
  size_t function = 0;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    if (function + 1 < code.functions.size() && code.functions[function + 1] == pc) ++function;
    const uint32_t begin = code.functions[function];
    const uint32_t end =
        function + 1 < code.functions.size() ? code.functions[function + 1] : code.size();
    const Instruction<>& insn = code.insns[pc];
    if (!names_function(insn)) {
      const std::optional<int64_t> target = raw_target(insn, pc);
      if (target && (*target < begin || *target >= end)) {
        return error_at(program, pc, Malformed::kTargetOutOfFunction, Field::kNone, *target);
      }
    }
    if (code.next(pc) == end && !ends_flow(insn)) {
      return error_at(program, pc,
                      end == code.size() ? Malformed::kFallsOffEnd : Malformed::kFallsIntoFunction,
                      Field::kNone, end);
    }
  }
  return std::nullopt;
}

}  // namespace

std::expected<Instruction<>, DecodeError> decode(std::span<const Slot> program, uint32_t pc) {
  if (pc >= program.size()) return std::unexpected(error_at(program, pc, Malformed::kFallsOffEnd));
  const auto row = find_row(program, pc);
  if (!row) return std::unexpected(row.error());
  if (const auto error = check_fields(program, pc, **row)) return std::unexpected(*error);
  const Slot& slot = program[pc];
  Instruction<> insn{.op = (*row)->op, .dst = slot.dst(), .src = 0, .offset = 0};
  const Fields fields = fields_of(**row);
  if (fields.src) insn.src = slot.src();
  if (fields.offset) insn.offset = slot.offset;
  if (fields.imm) insn.imm = Bits<64>::of(static_cast<uint64_t>(int64_t{slot.imm}));
  if ((*row)->kind == Kind::kImm64) {
    if (const auto error = check_second_slot(program, pc, **row)) return std::unexpected(*error);
    insn.imm = concat(Bits<32>::of(static_cast<uint32_t>(program[pc + 1].imm)),
                      Bits<32>::of(static_cast<uint32_t>(slot.imm)));
  }
  return insn;
}

std::expected<Code, DecodeError> decode_program(std::span<const Slot> program) {
  if (program.empty()) return std::unexpected(error_at(program, 0, Malformed::kEmptyProgram));
  if (program.size() > kMaxSlots) {
    return std::unexpected(error_at(program, 0, Malformed::kTooLong, Field::kNone,
                                    static_cast<int64_t>(program.size())));
  }
  Code code;
  code.insns.reserve(program.size());
  code.second_slots.assign(program.size(), 0);
  for (uint32_t pc = 0; pc < program.size(); pc = code.next(pc)) {
    const auto insn = decode(program, pc);
    if (!insn) return std::unexpected(insn.error());
    code.insns.insert(code.insns.end(), insn->slots(), *insn);
    if (insn->slots() == 2) code.second_slots[pc + 1] = 1;
  }
  if (const auto error = collect_targets(program, code)) return std::unexpected(*error);
  if (const auto error = check_functions(program, code)) return std::unexpected(*error);
  return code;
}

std::optional<uint32_t> Code::target(uint32_t pc) const {
  if (insns[pc].op == Op::kLoadFunction) return std::nullopt;
  const std::optional<int64_t> target = raw_target(insns[pc], pc);
  return target ? std::optional(static_cast<uint32_t>(*target)) : std::nullopt;
}

uint32_t Code::function_of(uint32_t pc) const {
  return *(std::upper_bound(functions.begin(), functions.end(), pc) - 1);
}

std::expected<std::vector<Slot>, DecodeError> slots_from_bytes(std::span<const uint8_t> bytes) {
  if (bytes.size() % sizeof(Slot) != 0) {
    return std::unexpected(DecodeError{.slot = static_cast<uint32_t>(bytes.size() / sizeof(Slot)),
                                       .kind = Malformed::kPartialSlot,
                                       .value = static_cast<int64_t>(bytes.size())});
  }
  std::vector<Slot> slots(bytes.size() / sizeof(Slot));
  for (size_t i = 0; i < slots.size(); ++i) {
    const auto byte = [&](size_t at) { return uint32_t{bytes[i * sizeof(Slot) + at]}; };
    slots[i].opcode = static_cast<uint8_t>(byte(0));
    slots[i].registers = static_cast<uint8_t>(byte(1));
    slots[i].offset = static_cast<int16_t>(byte(2) | byte(3) << 8);
    slots[i].imm = static_cast<int32_t>(byte(4) | byte(5) << 8 | byte(6) << 16 | byte(7) << 24);
  }
  return slots;
}

std::vector<uint8_t> bytes_from_slots(std::span<const Slot> slots) {
  std::vector<uint8_t> bytes;
  bytes.reserve(slots.size() * sizeof(Slot));
  for (const Slot& slot : slots) {
    const auto offset = static_cast<uint16_t>(slot.offset);
    const auto imm = static_cast<uint32_t>(slot.imm);
    bytes.insert(bytes.end(), {slot.opcode, slot.registers});
    for (unsigned i = 0; i < 2; ++i) bytes.push_back(static_cast<uint8_t>(offset >> 8 * i));
    for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<uint8_t>(imm >> 8 * i));
  }
  return bytes;
}

}  // namespace zext::ebpf
