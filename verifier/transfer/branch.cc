// Control flow: comparisons refine what is known, calls and exits change the frame.
#include <algorithm>
#include <optional>

#include "verifier/transfer/integers.h"
#include "verifier/transfer/transfer.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::JumpOp;

// The integers a and b compare as `op` says: a fact about symbols. False: they cannot.
bool assume_integers(JumpOp op, const Linear& a, const Linear& b, Relations& relations) {
  const Linear difference = b - a;
  return !difference.known() || assume_difference(op, difference, relations);
}

// Whether the second operand is 0.
bool reads_zero(const Instruction<>& insn, const State& state) {
  if (insn.row().source == ebpf::Source::kImmediate) return insn.imm == Bits<64>::of(0);
  return state.registers[insn.src].is_zero();
}

Failure bad_comparison(const State& state, ebpf::Reg reg) {
  return {.reason = Reason::kPointerComparison,
          .reg = reg,
          .type = state.registers[reg].type,
          .access = {}};
}

}  // namespace

Checked Transfer::check_jump(const Instruction<>& insn, State& state) const {
  const ebpf::Row& row = insn.row();
  const bool reg = row.source == ebpf::Source::kRegister;
  if (Checked c = check_initialised(state, insn.dst); !c) return c;
  if (reg) {
    if (Checked c = check_initialised(state, insn.src); !c) return c;
  }
  const Value& a = state.registers[insn.dst];
  const bool dst_pointer = is_pointer(a.type);
  const bool src_pointer = reg && is_pointer(state.registers[insn.src].type);
  if (!dst_pointer && !src_pointer) {
    // Named before the ways part, so that both name alike.
    Value& left = state.registers[insn.dst];
    if (reg && !is_constant(left.number) && !is_constant(state.registers[insn.src].number)) {
      state.symbolise(left, symbols_);
      state.symbolise(state.registers[insn.src], symbols_);
    }
    return {};
  }
  const ebpf::Reg at_fault = dst_pointer ? insn.dst : insn.src;
  const bool equality = row.jump == JumpOp::kJeq || row.jump == JumpOp::kJne;
  const bool against_null = equality && (dst_pointer ? reads_zero(insn, state) : a.is_zero());
  const bool comparable =
      dst_pointer && src_pointer &&
      Position::of(a, state).comparable(Position::of(state.registers[insn.src], state));
  const bool meaningful = row.jump != JumpOp::kJset && !is_signed(row.jump) && row.width == 64;
  if ((meaningful && (against_null || comparable)) || rules_.privileged) return {};
  return std::unexpected(bad_comparison(state, at_fault));
}

// A pointer compared with 0 or another pointer. False: it cannot be so.
bool Transfer::assume_pointers(const Instruction<>& insn, JumpOp op, State& state) const {
  const bool reg = insn.row().source == ebpf::Source::kRegister;
  const bool dst_pointer = is_pointer(state.registers[insn.dst].type);
  const Value pointer = state.registers[dst_pointer ? insn.dst : insn.src];
  const Value other = !reg ? Value::of(Number::constant(insn.imm))
                           : state.registers[dst_pointer ? insn.src : insn.dst];
  if (insn.row().width != 64) return true;
  if (is_pointer(other.type)) {
    const Position left = Position::of(pointer, state);
    const Position right = Position::of(other, state);
    if (op == JumpOp::kJeq && pointer.nullable != other.nullable) {
      // Equal to what is there, it is there.
      const Value& unsure = pointer.nullable ? pointer : other;
      const Value& sure = pointer.nullable ? other : pointer;
      if (sure.type != Type::kObject && is_constant(unsure.number) &&
          signed_min(unsure.number) == 0) {
        state.decide_null(unsure.object, false);
      }
      return true;
    }
    if (!left.comparable(right)) return true;
    return assume_integers(op, Linear::constant(0), right.minus(left), state.relations) &&
           state.reduce();
  }
  if (!dst_pointer) op = swapped(op);
  const std::optional<bool> null = says_null(op, other.number);
  if (!null) return true;
  if (pointer.nullable) {
    state.decide_null(pointer.object, *null);
    return true;
  }
  // No region is at address 0; what is loaded from a kernel object may be.
  const bool walked = pointer.type == Type::kObject && trust_of(pointer, state) <= Trust::kNone;
  return walked || !*null;
}

bool Transfer::assume(const Instruction<>& insn, bool taken, State& state) const {
  const ebpf::Row& row = insn.row();
  const bool reg = row.source == ebpf::Source::kRegister;
  Value& a = state.registers[insn.dst];
  const JumpOp op = taken ? row.jump : opposite(row.jump);
  if (is_pointer(a.type) || (reg && is_pointer(state.registers[insn.src].type))) {
    if (row.jump == JumpOp::kJset) return true;
    return assume_pointers(insn, op, state);
  }
  Value immediate = Value::of(Number::constant(insn.imm));
  Value& b = reg ? state.registers[insn.src] : immediate;
  const bool integers = row.jump != JumpOp::kJset && reads_form(op, row.width, a.number) &&
                        reads_form(op, row.width, b.number);
  const auto refined = verifier::assume(row.jump, row.width, a.number, b.number, taken);
  if (is_bottom(refined.a) || is_bottom(refined.b)) return false;
  const Linear left = a.form();
  const Linear right = b.form();
  a.number = refined.a;
  // With both operands in one register, both refinements hold of it.
  b.number = reg && insn.src == insn.dst ? meet(refined.a, refined.b) : refined.b;
  if (is_bottom(b.number)) return false;
  if (integers && !assume_integers(op, left, right, state.relations)) return false;
  const bool shifted = a.shifted.width != 0 || b.shifted.width != 0;
  for (const Value& value : {a, b}) {
    if (value.shifted.width == 0 || value.shifted.high) continue;
    if (value.shifted.width == 32 && value.shifted.by == 0) state.restrict_low(value);
    if (!state.relations.restrict_shifted(value.shifted.symbol, value.shifted.by,
                                          value.shifted.width, unsigned_min(value.number),
                                          unsigned_max(value.number))) {
      return false;
    }
  }
  // Only symbols carry news to other registers.
  if (!left.known() && !right.known() && !shifted) return true;
  return state.reduce();
}

bool Transfer::take_round(State& state) const {
  Value& left = state.goto_rounds;
  if (!state.relations.assume(left.linear.plus(-1))) return false;
  const auto once = verifier::assume(JumpOp::kJge, 64, left.number, constant_number(1), true);
  if (is_bottom(once.a)) return false;
  left.number = abstract_alu(ebpf::AluOp::kSub, 64, once.a, constant_number(1));
  left.linear = left.linear.plus(-1);
  return state.tighten(left);
}

void Transfer::call(uint32_t entry, uint32_t return_pc, State& state) const {
  Frame frame;
  frame.return_pc = return_pc;
  frame.entry = entry;
  for (unsigned i = 0; i < kSavedCount; ++i) frame.saved[i] = state.registers[kFirstSaved + i];
  state.frames.push_back(frame);
  state.registers[0] = {};
  for (unsigned i = 0; i < kSavedCount; ++i) state.registers[kFirstSaved + i] = {};
  state.registers[ebpf::kFramePointer] = state.frame_pointer();
}

void Transfer::leave(State& state) const {
  const Frame& frame = state.frames.back();
  for (unsigned reg = 1; reg < kFirstSaved; ++reg) state.registers[reg] = {};
  for (unsigned i = 0; i < kSavedCount; ++i) state.registers[kFirstSaved + i] = frame.saved[i];
  state.leave_stack(static_cast<uint8_t>(state.frames.size() - 1));
  state.frames.pop_back();
  const auto top = static_cast<uint8_t>(state.frames.size() - 1);
  for (Acquired& acquired : state.acquired) acquired.frame = std::min(acquired.frame, top);
  state.registers[ebpf::kFramePointer] = state.frame_pointer();
}

}  // namespace zext::verifier
