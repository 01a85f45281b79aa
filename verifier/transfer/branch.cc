// Control flow: comparisons refine what is known, calls and exits change the frame.
#include "verifier/transfer/transfer.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::JumpOp;

constexpr JumpOp opposite(JumpOp op) {
  switch (op) {
    case JumpOp::kJeq:
      return JumpOp::kJne;
    case JumpOp::kJne:
      return JumpOp::kJeq;
    case JumpOp::kJgt:
      return JumpOp::kJle;
    case JumpOp::kJle:
      return JumpOp::kJgt;
    case JumpOp::kJge:
      return JumpOp::kJlt;
    case JumpOp::kJlt:
      return JumpOp::kJge;
    case JumpOp::kJsgt:
      return JumpOp::kJsle;
    case JumpOp::kJsle:
      return JumpOp::kJsgt;
    case JumpOp::kJsge:
      return JumpOp::kJslt;
    case JumpOp::kJslt:
      return JumpOp::kJsge;
    case JumpOp::kJset:
      return JumpOp::kJset;  // has none; never asked
  }
  return op;
}

// The integers a and b compare as `op` says: a fact about symbols. False: they cannot.
bool assume_integers(JumpOp op, const Linear& a, const Linear& b, Relations& relations) {
  const Linear difference = b - a;
  if (!difference.known()) return true;
  switch (op) {
    case JumpOp::kJlt:
    case JumpOp::kJslt:
      return relations.assume(difference.plus(-1));
    case JumpOp::kJle:
    case JumpOp::kJsle:
      return relations.assume(difference);
    case JumpOp::kJgt:
    case JumpOp::kJsgt:
      return relations.assume(difference.times(-1).plus(-1));
    case JumpOp::kJge:
    case JumpOp::kJsge:
      return relations.assume(difference.times(-1));
    case JumpOp::kJeq:
      return relations.assume(difference) && relations.assume(difference.times(-1));
    case JumpOp::kJne:
      if (difference.is_constant()) return difference.constant() != 0;
      if (relations.implies(difference)) return relations.assume(difference.plus(-1));
      if (relations.implies(difference.times(-1))) {
        return relations.assume(difference.times(-1).plus(-1));
      }
      return true;
    case JumpOp::kJset:
      return true;
  }
  return true;
}

constexpr bool is_signed(JumpOp op) {
  return op == JumpOp::kJsgt || op == JumpOp::kJsge || op == JumpOp::kJslt || op == JumpOp::kJsle;
}

// Whether the comparison reads the number as the integer that its form is.
bool reads_form(JumpOp op, unsigned width, const Number& number) {
  const uint64_t most = unsigned_max(number);
  if (width == 32 && most > 0xffff'ffff) return false;
  return !is_signed(op) || most >> (width - 1) == 0;
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
  const bool against_null = !reg && equality && insn.imm == Bits<64>::of(0);
  const bool comparable = dst_pointer && src_pointer &&
                          Position::of(a).comparable(Position::of(state.registers[insn.src]));
  const bool meaningful = row.jump != JumpOp::kJset && !is_signed(row.jump) && row.width == 64;
  if (meaningful && (against_null || comparable)) return {};
  return std::unexpected(bad_comparison(state, at_fault));
}

bool Transfer::assume(const Instruction<>& insn, bool taken, State& state) const {
  const ebpf::Row& row = insn.row();
  const bool reg = row.source == ebpf::Source::kRegister;
  Value& a = state.registers[insn.dst];
  const JumpOp op = taken ? row.jump : opposite(row.jump);
  if (is_pointer(a.type)) {
    // No region is at address 0.
    if (!reg) return op == JumpOp::kJne;
    const Linear left = Position::of(a).at;
    const Linear right = Position::of(state.registers[insn.src]).at;
    return assume_integers(op, left, right, state.relations) && state.reduce();
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
  // Only symbols carry news to other registers.
  if (!left.known() && !right.known()) return true;
  return state.reduce();
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

Checked Transfer::check_exit(const State& state) const {
  const Value& result = state.registers[0];
  if (state.frames.size() > 1) {
    const bool dangling = result.type == Type::kStack && result.frame + 1u == state.frames.size();
    if (!dangling) return {};
    return std::unexpected(
        Failure{.reason = Reason::kPointerLeak, .reg = 0, .type = result.type, .access = {}});
  }
  if (result.type == Type::kNumber) return {};
  return std::unexpected(
      Failure{.reason = Reason::kReturnValue, .reg = 0, .type = result.type, .access = {}});
}

void Transfer::leave(State& state) const {
  const Frame& frame = state.frames.back();
  for (unsigned reg = 1; reg < kFirstSaved; ++reg) state.registers[reg] = {};
  for (unsigned i = 0; i < kSavedCount; ++i) state.registers[kFirstSaved + i] = frame.saved[i];
  state.frames.pop_back();
  state.registers[ebpf::kFramePointer] = state.frame_pointer();
}

}  // namespace zext::verifier
