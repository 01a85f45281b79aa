// Lowerings of conditional jumps: what comes before the branch, and the branch.
//
//   const Branch branch = lower_jump(e, insn);   // if r1 s> 7 goto ...
//                                                //   ->  li t0, 7; then blt t0, a0, ...
//
// The branch itself is not emitted: how far it goes, and so its form, is layout's (jit/emit).
// 32-bit comparisons are of sign-extended operands, which keeps unsigned order too, or where both
// are known to be zero-extended, of these.
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
    e.add(rv64::Op::kAnd, kScratch, a, constant_register(e, constant, kScratch));
  }
  return {rv64::Op::kBne, kScratch, rv64::kZero};
}

// The register to compare for eBPF register `reg`: extended with its sign if `extend`, where it is
// if nobody needs its upper half, otherwise in `scratch`.
template <class E>
rv64::Reg compared(E& e, ebpf::Reg reg, rv64::Reg scratch, bool extend) {
  using W = typename E::Value;
  const rv64::Reg s = e.read(reg, scratch);
  if constexpr (E::kMutation == Mutation::kJump32ComparesUpperHalf) return s;
  if (!extend) return s;
  const rv64::Reg to = extends_in_place(reg, e.context.counts) ? s : scratch;
  e.add_imm(rv64::Op::kAddiw, to, s, W::of(0));
  return to;
}

// dst & src: all of it, or the low half.
template <class E>
Branch jset_register(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  const rv64::Reg a = e.read(insn.dst, kScratch);
  const rv64::Reg b = e.read(insn.src, kScratch2);
  e.add(rv64::Op::kAnd, kScratch, a, b);
  const Upper upper = bitwise_upper(ebpf::AluOp::kAnd, e.upper(insn.dst), e.upper(insn.src));
  const bool known = upper.zero || upper.sign;
  if (insn.row().width == 32 && !known) e.add_imm(rv64::Op::kAddiw, kScratch, kScratch, W::of(0));
  return {rv64::Op::kBne, kScratch, rv64::kZero};
}

template <class E>
Branch jump_register(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  const ebpf::JumpOp op = insn.row().jump;
  if (op == ebpf::JumpOp::kJset) return jset_register(e, insn);
  const RegisterSet extend = compared_extended(insn, e.context.uppers);
  const rv64::Reg a = compared(e, insn.dst, kScratch, extend.has(insn.dst));
  if (insn.src == insn.dst) return branch_for(op, a, a);
  return branch_for(op, a, compared(e, insn.src, kScratch2, extend.has(insn.src)));
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
  const Upper upper = e.upper(insn.dst);
  if (upper.zero || upper.sign) return branch;
  e.add_imm(rv64::Op::kAddiw, kScratch, kScratch, W::of(0));
  return branch;
}

template <class E>
Branch jump_immediate(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  const ebpf::JumpOp op = insn.row().jump;
  if (op == ebpf::JumpOp::kJset) return jset_immediate(e, insn);
  const RegisterSet extend = compared_extended(insn, e.context.uppers);
  const rv64::Reg a = compared(e, insn.dst, kScratch2, extend.has(insn.dst));
  Branch branch;
  if (compares_with_zero(op, a, insn.imm, branch)) return branch;
  return branch_for(op, a, constant_register(e, insn.imm, kScratch));
}

}  // namespace internal

// Emits what the comparison needs and gives the branch to take.
template <class E>
Branch lower_jump(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  return insn.row().source == ebpf::Source::kImmediate ? internal::jump_immediate(e, insn)
                                                       : internal::jump_register(e, insn);
}

}  // namespace zext::jit
