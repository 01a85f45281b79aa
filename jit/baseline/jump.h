// Lowerings of conditional jumps: what comes before the branch, and the branch.
//
//   const Branch branch = lower_jump(e, insn);   // if r1 s> 7 goto ...
//                                                //   ->  li t0, 7; then blt t0, a0, ...
//
// The branch itself is not emitted: how far it goes, and so its form, is layout's (jit/emit).
// 32-bit comparisons are of sign-extended operands, which keeps unsigned order too.
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/immediate.h"

namespace zext::jit {

struct Branch {
  rv64::Op op = rv64::Op::kBeq;
  rv64::Reg rs1 = 0;
  rv64::Reg rs2 = 0;

  friend bool operator==(const Branch&, const Branch&) = default;
};

// The branch that is taken exactly if this one is not.
template <Mutation kMutation = Mutation::kNone>
constexpr rv64::Op inverted(rv64::Op op) {
  using rv64::Op;
  if constexpr (kMutation == Mutation::kConditionNotInverted) return op;
  switch (op) {
    case Op::kBeq:
      return Op::kBne;
    case Op::kBne:
      return Op::kBeq;
    case Op::kBlt:
      return Op::kBge;
    case Op::kBge:
      return Op::kBlt;
    case Op::kBltu:
      return Op::kBgeu;
    default:
      return Op::kBltu;
  }
}

namespace internal {

// The branch for `a op b`; kJset is `a != 0` of the conjunction in a.
constexpr Branch branch_for(ebpf::JumpOp op, rv64::Reg a, rv64::Reg b) {
  using rv64::Op;
  switch (op) {
    case ebpf::JumpOp::kJeq:
      return {Op::kBeq, a, b};
    case ebpf::JumpOp::kJne:
      return {Op::kBne, a, b};
    case ebpf::JumpOp::kJset:
      return {Op::kBne, a, rv64::kZero};
    case ebpf::JumpOp::kJgt:
      return {Op::kBltu, b, a};
    case ebpf::JumpOp::kJge:
      return {Op::kBgeu, a, b};
    case ebpf::JumpOp::kJlt:
      return {Op::kBltu, a, b};
    case ebpf::JumpOp::kJle:
      return {Op::kBgeu, b, a};
    case ebpf::JumpOp::kJsgt:
      return {Op::kBlt, b, a};
    case ebpf::JumpOp::kJsge:
      return {Op::kBge, a, b};
    case ebpf::JumpOp::kJslt:
      return {Op::kBlt, a, b};
    case ebpf::JumpOp::kJsle:
      return {Op::kBge, b, a};
  }
  __builtin_unreachable();
}

// Comparison of `a` with a constant other than by that constant in a register: with zero, where the
// operation or the constant allows it.
template <Word W>
bool compares_with_zero(ebpf::JumpOp op, rv64::Reg a, W constant, Branch& branch) {
  using rv64::Op;
  const rv64::Reg zero = rv64::kZero;
  if (constant == W::of(0)) {
    if (op == ebpf::JumpOp::kJgt)
      branch = {Op::kBne, a, zero};
    else if (op == ebpf::JumpOp::kJle)
      branch = {Op::kBeq, a, zero};
    else
      branch = branch_for(op, a, zero);
    return true;
  }
  if (constant == W::of(1)) {
    switch (op) {
      case ebpf::JumpOp::kJge:
        branch = {Op::kBne, a, zero};
        return true;
      case ebpf::JumpOp::kJlt:
        branch = {Op::kBeq, a, zero};
        return true;
      case ebpf::JumpOp::kJsge:
        branch = {Op::kBlt, zero, a};
        return true;
      case ebpf::JumpOp::kJslt:
        branch = {Op::kBge, zero, a};
        return true;
      default:
        return false;
    }
  }
  if (op == ebpf::JumpOp::kJsgt || op == ebpf::JumpOp::kJsle) {
    if (constant == ~W::of(0)) {
      branch = {op == ebpf::JumpOp::kJsgt ? Op::kBge : Op::kBlt, a, zero};
      return true;
    }
  }
  return false;
}

// `a & constant` in kScratch, or a itself where only its sign counts; the branch that tests it.
template <class E, Word W>
Branch test_constant(E& e, rv64::Reg a, W constant) {
  if (fits12(constant)) {
    e.add_imm(rv64::Op::kAndi, kScratch, a, constant);
  } else if (is_power_of_two(constant)) {
    const W bit = log2_exact(constant);
    if (e.has(rv64::Extension::kZbs)) {
      e.add_imm(rv64::Op::kBexti, kScratch, a, bit);
    } else {
      e.add_imm(rv64::Op::kSlli, kScratch, a, W::of(63) - bit);
      return {rv64::Op::kBlt, kScratch, rv64::kZero};
    }
  } else {
    load_immediate(e, kScratch, constant);
    e.add(rv64::Op::kAnd, kScratch, kScratch, a);
  }
  return {rv64::Op::kBne, kScratch, rv64::kZero};
}

// `reg` sign-extended from 32 bits, in `scratch`.
template <class E>
rv64::Reg sign_extend32(E& e, ebpf::Reg reg, rv64::Reg scratch) {
  using W = typename E::Value;
  const rv64::Reg s = e.read(reg, scratch);
  if constexpr (E::kMutation == Mutation::kJump32ComparesUpperHalf) return s;
  e.add_imm(rv64::Op::kAddiw, scratch, s, W::of(0));
  return scratch;
}

// Whether a 32-bit comparison may be made on registers whose upper halves are zero.
constexpr bool compares_unsigned(ebpf::JumpOp op) {
  switch (op) {
    case ebpf::JumpOp::kJeq:
    case ebpf::JumpOp::kJne:
    case ebpf::JumpOp::kJset:
    case ebpf::JumpOp::kJgt:
    case ebpf::JumpOp::kJge:
    case ebpf::JumpOp::kJlt:
    case ebpf::JumpOp::kJle:
      return true;
    case ebpf::JumpOp::kJsgt:
    case ebpf::JumpOp::kJsge:
    case ebpf::JumpOp::kJslt:
    case ebpf::JumpOp::kJsle:
      return false;
  }
  __builtin_unreachable();
}

// dst & src: all of it, or the low half.
template <class E>
Branch jset_register(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  const rv64::Reg a = e.read(insn.dst, kScratch);
  const rv64::Reg b = e.read(insn.src, kScratch2);
  e.add(rv64::Op::kAnd, kScratch, a, b);
  const bool known = e.zero_extended(insn.dst) || e.zero_extended(insn.src);
  if (insn.row().width == 32 && !known) e.add_imm(rv64::Op::kAddiw, kScratch, kScratch, W::of(0));
  return {rv64::Op::kBne, kScratch, rv64::kZero};
}

template <class E>
Branch jump_register(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  const ebpf::JumpOp op = insn.row().jump;
  if (op == ebpf::JumpOp::kJset) return jset_register(e, insn);
  const bool whole =
      insn.row().width == 64 ||
      (compares_unsigned(op) && e.zero_extended(insn.dst) && e.zero_extended(insn.src));
  if (whole) {
    const rv64::Reg a = e.read(insn.dst, kScratch);
    return branch_for(op, a, e.read(insn.src, kScratch2));
  }
  const rv64::Reg a = sign_extend32(e, insn.dst, kScratch);
  return branch_for(op, a, sign_extend32(e, insn.src, kScratch2));
}

template <class E>
Branch jset_immediate(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  const rv64::Reg a = e.read(insn.dst, kScratch2);
  if (insn.row().width == 64 || bool(sle(W::of(0), insn.imm))) {
    return test_constant(e, a, insn.imm);
  }
  // A negative mask: its upper half must not count.
  const Branch branch = test_constant(e, a, insn.imm);
  e.add_imm(rv64::Op::kAddiw, kScratch, kScratch, W::of(0));
  return branch;
}

template <class E>
Branch jump_immediate(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  const ebpf::JumpOp op = insn.row().jump;
  if (op == ebpf::JumpOp::kJset) return jset_immediate(e, insn);
  W constant = insn.imm;
  rv64::Reg a;
  if (insn.row().width == 64) {
    a = e.read(insn.dst, kScratch2);
  } else if (compares_unsigned(op) && e.zero_extended(insn.dst) && bool(sle(W::of(0), constant))) {
    a = home(insn.dst);
  } else {
    a = sign_extend32(e, insn.dst, kScratch2);
  }
  Branch branch;
  if (compares_with_zero(op, a, constant, branch)) return branch;
  load_immediate(e, kScratch, constant);
  return branch_for(op, a, kScratch);
}

}  // namespace internal

// Emits what the comparison needs and gives the branch to take.
template <class E>
Branch lower_jump(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  return insn.row().source == ebpf::Source::kImmediate ? internal::jump_immediate(e, insn)
                                                       : internal::jump_register(e, insn);
}

}  // namespace zext::jit
