// Arithmetic: numbers through the Scalar operators and, where no wrap-around is possible, exactly
// as linear forms; pointers are moved.
#include "verifier/transfer/transfer.h"

namespace zext::verifier {
namespace {

using ebpf::AluOp;
using ebpf::Instruction;

Failure bad_pointer_use(const State& state, ebpf::Reg reg, Reason reason) {
  return {.reason = reason, .reg = reg, .type = state.registers[reg].type, .access = {}};
}

// The operand of width `width` as an integer that may be negative: a constant without a form is
// read as signed, because adding 2^64 - 1 is subtracting 1.
Linear signed_form(const Value& value, unsigned width) {
  if (value.linear.known()) return value.linear;
  if (is_constant(value.number)) {
    const int64_t constant = signed_min(value.number);
    return Linear::constant(width == 64 ? constant : static_cast<int32_t>(constant));
  }
  return value.form();
}

bool fits(const Value& value, unsigned width) {
  return width == 64 || unsigned_max(value.number) <= 0xffff'ffff;
}

// a * 2^amount for shifts to the left by a constant, a / 2^amount for those to the right.
Linear shifted(AluOp op, const Linear& a, const Value& b, unsigned width) {
  if (!is_constant(b.number)) return {};
  const uint64_t amount = unsigned_min(b.number) & (width - 1);
  if (amount > 33) return {};
  const int64_t factor = int64_t{1} << amount;
  return op == AluOp::kLsh ? a.times(factor) : a.divided(factor);
}

bool is_low_mask(uint64_t mask) { return (mask & (mask + 1)) == 0; }

// The linear form that the result has if nothing wraps; unknown where it has none.
Linear candidate(AluOp op, unsigned width, const Value& a, const Value& b) {
  switch (op) {
    case AluOp::kAdd:
      return signed_form(a, width) + signed_form(b, width);
    case AluOp::kSub:
      return signed_form(a, width) - signed_form(b, width);
    case AluOp::kMul:
      if (!is_constant(b.number) || signed_min(b.number) < 0) return {};
      return a.form().times(signed_min(b.number));
    case AluOp::kLsh:
    case AluOp::kRsh:
      return shifted(op, a.form(), b, width);
    case AluOp::kArsh:
      // Of a number that is not negative at this width.
      if (unsigned_max(a.number) >> (width - 1) != 0) return {};
      return shifted(op, a.form(), b, width);
    case AluOp::kAnd:
      if (!is_constant(b.number) || !is_low_mask(unsigned_min(b.number))) return {};
      return unsigned_max(a.number) <= unsigned_min(b.number) ? a.form() : Linear();
    case AluOp::kDiv:
    case AluOp::kSdiv:
    case AluOp::kMod:
    case AluOp::kSmod:
    case AluOp::kOr:
    case AluOp::kXor:
    case AluOp::kMov:
      return {};
  }
  return {};
}

// Whether the operation reads this operand's whole number, so that its form stands for it. 32-bit
// operations read the low half only; constants were already taken as such.
bool usable(const Value& value, unsigned width) {
  return fits(value, width) || (is_constant(value.number) && !value.linear.known());
}

void compute(AluOp op, unsigned width, const Value& a, const Value& b, const State& state,
             Value& result) {
  Value out = Value::of(abstract_alu(op, width, a.number, b.number));
  if (usable(a, width) && usable(b, width)) {
    const Linear linear = candidate(op, width, a, b);
    const Int128 limit = width == 64 ? Int128{~uint64_t{0}} : Int128{0xffff'ffff};
    if (linear.known() && !linear.is_constant()) {
      const Int128 lo = state.relations.lower(linear);
      const Int128 hi = state.relations.upper(linear);
      if (lo >= 0 && hi <= limit && lo <= hi) {
        out.linear = linear;
        const Number tighter =
            meet(out.number, unsigned_range(static_cast<uint64_t>(lo), static_cast<uint64_t>(hi)));
        if (!is_bottom(tighter)) out.number = tighter;
      }
    }
  }
  result = out;
}

bool within_reach(const Number& offset) {
  return signed_min(offset) >= -kMaxPointerOffset && signed_max(offset) <= kMaxPointerOffset;
}

bool may_move(Type type) {
  return type == Type::kPacket || type == Type::kPacketMeta || type == Type::kStack ||
         type == Type::kMemory;
}

}  // namespace

Position Position::of(const Value& value) {
  const Linear data = Linear::symbol(kMetaSizePlusOne).plus(-1);
  switch (value.type) {
    case Type::kUninitialised:
    case Type::kNumber:
      return {};
    case Type::kContext:
      return {.space = Space::kContext, .at = value.form()};
    case Type::kPacket:
      return {.space = Space::kPacket, .at = data + value.form()};
    case Type::kPacketEnd:
      return {.space = Space::kPacket, .at = data + Linear::symbol(kPacketSize)};
    case Type::kPacketMeta:
      return {.space = Space::kPacket, .at = value.form()};
    case Type::kStack:
      return {.space = Space::kStack, .frame = value.frame, .at = value.form()};
    case Type::kMemory:
      return {.space = Space::kMemory, .at = value.form()};
  }
  return {};
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
    if (row.width != 64 || (row.alu != AluOp::kAdd && row.alu != AluOp::kSub)) {
      return std::unexpected(
          bad_pointer_use(state, dst_pointer ? insn.dst : insn.src, Reason::kPointerArithmetic));
    }
    if (dst_pointer && src_pointer) return subtract_pointers(insn, state);
    return move_pointer(insn, state);
  }
  const Value immediate = Value::of(Number::constant(insn.imm));
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
  if (Checked c = check_number(state, insn.src, Reason::kPointerArithmetic); !c) return c;
  if (fits(src, 32)) {
    state.symbolise(src, symbols_);
    dst = src;
    return {};
  }
  dst = Value::of(low_bytes(src.number, 4));
  return {};
}

Checked Transfer::unary(const Instruction<>& insn, State& state) const {
  const ebpf::Row& row = insn.row();
  const bool sign_extends = row.kind == ebpf::Kind::kMovsx;
  const ebpf::Reg operand = sign_extends ? insn.src : insn.dst;
  if (Checked c = check_number(state, operand, Reason::kPointerArithmetic); !c) return c;
  const Value src = state.registers[operand];
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
  if (!may_move(pointer.type) || (subtract && !dst_pointer)) {
    return std::unexpected(bad_pointer_use(state, pointer_reg, Reason::kPointerArithmetic));
  }
  Value amount = Value::of(Number::constant(insn.imm));
  if (reg) {
    Value& source = state.registers[dst_pointer ? insn.src : insn.dst];
    state.symbolise(source, symbols_);
    amount = source;
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
  return {};
}

Checked Transfer::subtract_pointers(const Instruction<>& insn, State& state) const {
  const Value a = state.registers[insn.dst];
  const Value b = state.registers[insn.src];
  const Position from = Position::of(b);
  const Position to = Position::of(a);
  if (insn.row().alu != AluOp::kSub || !to.comparable(from)) {
    return std::unexpected(bad_pointer_use(state, insn.dst, Reason::kPointerArithmetic));
  }
  Value difference = Value::of(a.type == b.type && a.type != Type::kPacketEnd
                                   ? abstract_alu(AluOp::kSub, 64, a.number, b.number)
                                   : Number::top());
  const Linear linear = to.at - from.at;
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
