// Arithmetic: numbers through the Scalar operators and, where no wrap-around is possible, exactly
// as linear forms; pointers are moved.
#include <optional>

#include "verifier/transfer/integers.h"
#include "verifier/transfer/transfer.h"

namespace zext::verifier {
namespace {

using ebpf::AluOp;
using ebpf::Instruction;

Failure bad_pointer_use(const State& state, ebpf::Reg reg, Reason reason) {
  return {.reason = reason, .reg = reg, .type = state.registers[reg].type, .access = {}};
}

// The operand of a sum, of width `width`, as an integer that may be negative.
Linear signed_form(const Value& value, unsigned width) {
  if (value.linear.known() || !is_constant(value.number)) return value.linear;
  return Linear::constant(signed_constant(value.number.bits.value, width).signed_value());
}

// The linear form that the result has if nothing wraps; unknown where it has none.
Linear candidate(AluOp op, unsigned width, const Value& a, const Value& b) {
  const auto [combination, factor] = recipe(op, width, a.number, b.number);
  switch (combination) {
    case Combination::kNone:
      return {};
    case Combination::kSum:
      return signed_form(a, width) + signed_form(b, width);
    case Combination::kDifference:
      return signed_form(a, width) - signed_form(b, width);
    case Combination::kMultiple:
      return a.form().times(factor.signed_value());
    case Combination::kQuotient:
      return a.form().divided(factor.signed_value());
    case Combination::kSame:
      return a.form();
  }
  return {};
}

// Whether the operation reads this operand's whole number, so that its form stands for it. 32-bit
// operations read the low half only; constants were already taken as such.
bool usable(const Value& value, unsigned width) {
  return fits(value.number, width) || (is_constant(value.number) && !value.linear.known());
}

// What `x <<= 32` and `x >>= 32` after it keep of x, where x has a name: compilers for old versions
// of the instruction set extend 32-bit numbers so.
std::optional<Shifted> low_half(AluOp op, unsigned width, const Value& a, const Value& b) {
  constexpr uint64_t kHalf = 32;
  if (width != 64 || !is_constant(b.number) || unsigned_min(b.number) != kHalf) return std::nullopt;
  const Linear& form = a.linear;
  const bool named = form.known() && form.size() == 1 && form.begin()->factor == 1;
  if (op == AluOp::kLsh && named && form.constant() == 0) {
    return Shifted{.symbol = form.begin()->symbol, .by = 0, .width = kHalf, .high = true};
  }
  if (op == AluOp::kRsh && a.shifted.high) {
    return Shifted{.symbol = a.shifted.symbol, .by = 0, .width = kHalf, .high = false};
  }
  return std::nullopt;
}

void compute(AluOp op, unsigned width, const Value& a, const Value& b, const State& state,
             Value& result) {
  Value out = Value::of(abstract_alu(op, width, a.number, b.number));
  if (usable(a, width) && usable(b, width)) {
    const Linear linear = candidate(op, width, a, b);
    const Int128 limit = width == 64 ? Int128{~uint64_t{0}} : Int128{0xffff'ffff};
    if (linear.known()) {
      const Int128 lo = state.relations.lower(linear);
      const Int128 hi = state.relations.upper(linear);
      if (!(lo >= 0 && hi <= limit) && linear.size() == 1 && linear.begin()->factor == 1) {
        out.shifted = {.symbol = linear.begin()->symbol,
                       .by = static_cast<uint64_t>(linear.constant()),
                       .width = static_cast<uint8_t>(width)};
      }
      if (lo >= 0 && hi <= limit && lo <= hi) {
        if (!linear.is_constant()) out.linear = linear;
        const Number tighter =
            meet(out.number, unsigned_range(static_cast<uint64_t>(lo), static_cast<uint64_t>(hi)));
        if (!is_bottom(tighter)) out.number = tighter;
      }
    }
  }
  out.shifted = low_half(op, width, a, b).value_or(out.shifted);
  result = out;
}

bool divides(AluOp op) {
  return op == AluOp::kDiv || op == AluOp::kMod || op == AluOp::kSdiv || op == AluOp::kSmod;
}

bool within_reach(const Number& offset) {
  return signed_min(offset) >= -kMaxPointerOffset && signed_max(offset) <= kMaxPointerOffset;
}

bool may_move(const Value& pointer) {
  switch (pointer.type) {
    case Type::kPacket:
    case Type::kPacketMeta:
    case Type::kStack:
    case Type::kMemory:
    case Type::kMapKey:
    case Type::kMapValue:
    case Type::kRegion:
    case Type::kObject:
    case Type::kTracepointBuffer:
      return !pointer.nullable;
    case Type::kStructure:
      return !pointer.nullable && pointer.structure == StructureId::kFlowKeys;
    case Type::kContext:
      return true;
    case Type::kUninitialised:
    case Type::kNumber:
    case Type::kPacketEnd:
    case Type::kMap:
    case Type::kPerCpu:
    case Type::kFunction:
      return false;
  }
  return false;
}

}  // namespace

Position Position::of(const Value& value, const State& state) {
  const Linear data = Linear::symbol(state.meta_size_plus_one).plus(-1);
  if (value.nullable) return {};
  switch (value.type) {
    case Type::kUninitialised:
    case Type::kNumber:
    case Type::kMap:
    case Type::kStructure:
    case Type::kFunction:
    case Type::kObject:
    case Type::kPerCpu:
    case Type::kTracepointBuffer:
      return {};
    case Type::kContext:
      return {.space = Space::kContext, .at = value.form()};
    case Type::kPacket:
      return {.space = Space::kPacket, .at = value.form(), .meta_size = data};
    case Type::kPacketEnd:
      return {.space = Space::kPacket, .at = Linear::symbol(state.packet_size), .meta_size = data};
    case Type::kPacketMeta:
      return {.space = Space::kPacket, .at = value.form(), .from_meta = true, .meta_size = data};
    case Type::kStack:
      return {.space = Space::kStack, .frame = value.frame, .at = value.form()};
    case Type::kMemory:
      return {.space = Space::kMemory, .at = value.form()};
    case Type::kMapKey:
    case Type::kMapValue:
    case Type::kRegion:
      if (value.object == kNoObject) return {};
      return {.space = Space::kObject, .object = value.object, .at = value.form()};
  }
  return {};
}

// An operation on an address that gives a number without a meaning: only for who may see those.
Checked Transfer::meaningless(ebpf::Reg reg, const State& state) const {
  if (rules_.privileged) return {};
  return std::unexpected(bad_pointer_use(state, reg, Reason::kPointerArithmetic));
}

Checked Transfer::alu(const Instruction<>& insn, State& state) const {
  const ebpf::Row& row = insn.row();
  if (row.alu == AluOp::kMov) return move(insn, state);
  const bool reg = row.source == ebpf::Source::kRegister;
  if (Checked c = check_initialised(state, insn.dst); !c) return c;
  if (reg) {
    if (Checked c = check_initialised(state, insn.src); !c) return c;
  }
  Value& dst = state.registers[insn.dst];
  const bool dst_pointer = is_pointer(dst.type);
  const bool src_pointer = reg && is_pointer(state.registers[insn.src].type);
  if (dst_pointer || src_pointer) {
    if (row.width == 32 && row.alu == AluOp::kSub && rules_.privileged) {
      dst = Value::of(number_of_bytes(4));
      return {};
    }
    if (row.width != 64 || (row.alu != AluOp::kAdd && row.alu != AluOp::kSub)) {
      return std::unexpected(
          bad_pointer_use(state, dst_pointer ? insn.dst : insn.src, Reason::kPointerArithmetic));
    }
    if (dst_pointer && src_pointer) return subtract_pointers(insn, state);
    return move_pointer(insn, state);
  }
  const Value immediate = Value::of(Number::constant(insn.imm));
  if (!reg && divides(row.alu) && insn.imm == Bits<64>::of(0)) {
    return std::unexpected(Failure{
        .reason = Reason::kDivisionByZero, .reg = insn.dst, .type = Type::kNumber, .access = {}});
  }
  const bool extends =
      row.alu == AluOp::kLsh && row.width == 64 && !reg && insn.imm == Bits<64>::of(32);
  if (extends) state.symbolise(dst, symbols_);
  compute(row.alu, row.width, dst, reg ? state.registers[insn.src] : immediate, state, dst);
  return {};
}

Checked Transfer::move(const Instruction<>& insn, State& state) const {
  const ebpf::Row& row = insn.row();
  Value& dst = state.registers[insn.dst];
  if (row.source == ebpf::Source::kImmediate) {
    const Number imm = Number::constant(insn.imm);
    dst = Value::of(row.width == 64 ? imm : low_bytes(imm, 4));
    return {};
  }
  if (Checked c = check_initialised(state, insn.src); !c) return c;
  Value& src = state.registers[insn.src];
  if (row.width == 64) {
    state.symbolise(src, symbols_);
    dst = src;
    return {};
  }
  if (is_pointer(src.type)) {
    if (Checked c = meaningless(insn.src, state); !c) return c;
    dst = Value::of(number_of_bytes(4));
    return {};
  }
  if (fits(src.number, 32)) {
    state.symbolise(src, symbols_);
    dst = src;
    return {};
  }
  state.symbolise(src, symbols_);
  const Linear form = src.linear;
  dst = Value::of(low_bytes(src.number, 4));
  if (form.known() && form.size() == 1 && form.begin()->factor == 1 && form.constant() == 0) {
    dst.shifted = {.symbol = form.begin()->symbol, .by = 0, .width = 32, .high = false};
  }
  return {};
}

Checked Transfer::unary(const Instruction<>& insn, State& state) const {
  const ebpf::Row& row = insn.row();
  const bool sign_extends = row.kind == ebpf::Kind::kMovsx;
  const ebpf::Reg operand = sign_extends ? insn.src : insn.dst;
  if (Checked c = check_initialised(state, operand); !c) return c;
  Value src = state.registers[operand];
  if (is_pointer(src.type)) {
    if (Checked c = meaningless(operand, state); !c) return c;
    src = Value::of(Number::top());
  }
  Value& dst = state.registers[insn.dst];
  if (sign_extends) {
    const bool unchanged = unsigned_max(src.number) >> (8 * row.bytes - 1) == 0;
    dst = Value::of(movsx(row.width, row.bytes, src.number));
    if (unchanged) dst.linear = src.linear;
  } else if (row.kind == ebpf::Kind::kNeg) {
    dst = Value::of(neg(row.width, src.number));
  } else {
    dst = Value::of(endian(row.endian, row.bytes, src.number));
  }
  return {};
}

Checked Transfer::move_pointer(const Instruction<>& insn, State& state) const {
  const ebpf::Row& row = insn.row();
  const bool reg = row.source == ebpf::Source::kRegister;
  const bool dst_pointer = is_pointer(state.registers[insn.dst].type);
  const ebpf::Reg pointer_reg = dst_pointer ? insn.dst : insn.src;
  const bool subtract = row.alu == AluOp::kSub;
  const Value pointer = state.registers[pointer_reg];
  if (is_pointer(pointer.type) && pointer.nullable) {
    return std::unexpected(bad_pointer_use(state, pointer_reg, Reason::kNullPointer));
  }
  // Linux lets nothing be subtracted from the frame pointer.
  if (!may_move(pointer) || (subtract && (!dst_pointer || pointer.type == Type::kStack))) {
    return std::unexpected(bad_pointer_use(state, pointer_reg, Reason::kPointerArithmetic));
  }
  Value amount = Value::of(Number::constant(insn.imm));
  if (reg) {
    Value& source = state.registers[dst_pointer ? insn.src : insn.dst];
    state.symbolise(source, symbols_);
    amount = source;
  }
  if (pointer.type == Type::kStructure && !is_constant(amount.number)) {
    return std::unexpected(bad_pointer_use(state, pointer_reg, Reason::kPointerArithmetic));
  }
  Value moved = pointer;
  moved.number = abstract_alu(row.alu, 64, pointer.number, amount.number);
  // A number's form is its unsigned value, which is the signed one below 2^63 only.
  Linear by;
  if (is_constant(amount.number)) {
    by = Linear::constant(signed_min(amount.number));
  } else if (signed_min(amount.number) >= 0) {
    by = amount.form();
  }
  moved.linear = subtract ? pointer.form() - by : pointer.form() + by;
  const bool possible = state.tighten(moved);
  if (!within_reach(amount.number) || !possible || !within_reach(moved.number)) {
    Failure failure = bad_pointer_use(state, pointer_reg, Reason::kPointerOffset);
    failure.access.low = signed_min(amount.number);
    failure.access.high = signed_max(amount.number);
    return std::unexpected(failure);
  }
  state.registers[insn.dst] = moved;
  // What is added next must find room.
  constexpr uint8_t kLongForm = 3;
  if (moved.linear.known() && moved.linear.size() >= kLongForm) state.shorten(moved, symbols_);
  return {};
}

Checked Transfer::subtract_pointers(const Instruction<>& insn, State& state) const {
  const Value a = state.registers[insn.dst];
  const Value b = state.registers[insn.src];
  const Position from = Position::of(b, state);
  const Position to = Position::of(a, state);
  if (insn.row().alu != AluOp::kSub) {
    return std::unexpected(bad_pointer_use(state, insn.dst, Reason::kPointerArithmetic));
  }
  if (!to.comparable(from)) {
    if (Checked c = meaningless(insn.dst, state); !c) return c;
    state.registers[insn.dst] = Value::of(Number::top());
    return {};
  }
  Value difference = Value::of(a.type == b.type && a.type != Type::kPacketEnd
                                   ? abstract_alu(AluOp::kSub, 64, a.number, b.number)
                                   : Number::top());
  const Linear linear = to.minus(from);
  if (linear.known()) {
    const Int128 lo = state.relations.lower(linear);
    const Int128 hi = state.relations.upper(linear);
    constexpr Int128 kReach = Int128{4} * kMaxPointerOffset;
    if (lo >= -kReach && hi <= kReach && lo <= hi) {
      const Number tighter =
          meet(difference.number, signed_range(static_cast<int64_t>(lo), static_cast<int64_t>(hi)));
      if (!is_bottom(tighter)) difference.number = tighter;
    }
    if (lo >= 0) difference.linear = linear;
  }
  state.registers[insn.dst] = difference;
  return {};
}

}  // namespace zext::verifier
