// Lowerings of arithmetic between registers: kAlu with a register operand, kNeg, kMovsx.
//
//   lower_alu(e, insn);      // r1 += r2  ->  add a0, a0, a1
//
// A move that the operation takes in (Context::left) makes it one of three registers. Where RV64
// and eBPF differ: 32-bit operations zero the upper half in eBPF and copy the sign in RV64, which
// does where the upper half does not count (upper.h); the quotient by zero is 0 in eBPF and all
// ones in RV64 (the remainder is the dividend in both, and the quotient of the smallest number by
// -1 that number).
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/alu_imm.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/extend.h"

namespace zext::jit {

// The RV64 instruction that does the operation on registers, at that width.
constexpr rv64::Op machine_op(ebpf::AluOp op, unsigned width) {
  using rv64::Op;
  const bool wide = width == 64;
  switch (op) {
    case ebpf::AluOp::kAdd:
    case ebpf::AluOp::kMov:
      return wide ? Op::kAdd : Op::kAddw;
    case ebpf::AluOp::kSub:
      return wide ? Op::kSub : Op::kSubw;
    case ebpf::AluOp::kMul:
      return wide ? Op::kMul : Op::kMulw;
    case ebpf::AluOp::kDiv:
      return wide ? Op::kDivu : Op::kDivuw;
    case ebpf::AluOp::kSdiv:
      return wide ? Op::kDiv : Op::kDivw;
    case ebpf::AluOp::kOr:
      return Op::kOr;
    case ebpf::AluOp::kAnd:
      return Op::kAnd;
    case ebpf::AluOp::kLsh:
      return wide ? Op::kSll : Op::kSllw;
    case ebpf::AluOp::kRsh:
      return wide ? Op::kSrl : Op::kSrlw;
    case ebpf::AluOp::kMod:
      return wide ? Op::kRemu : Op::kRemuw;
    case ebpf::AluOp::kSmod:
      return wide ? Op::kRem : Op::kRemw;
    case ebpf::AluOp::kXor:
      return Op::kXor;
    case ebpf::AluOp::kArsh:
      return wide ? Op::kSra : Op::kSraw;
  }
  __builtin_unreachable();
}

namespace internal {

// d = 0 where `divisor` is zero; nothing else changes.
template <class E>
void clear_if_zero(E& e, rv64::Reg d, rv64::Reg divisor) {
  using W = typename E::Value;
  if constexpr (E::kMutation == Mutation::kDivisionByZeroUnguarded) return;
  if (e.has(rv64::Extension::kZicond)) {
    e.add(rv64::Op::kCzeroEqz, d, d, divisor);
    return;
  }
  const auto skip = e.branch(rv64::Op::kBne, divisor, rv64::kZero);
  e.add_imm(rv64::Op::kAddi, d, rv64::kZero, W::of(0));
  e.land(skip);
}

// d = a / s. `known`: of s's upper half.
template <class E>
void divide(E& e, const ebpf::Row& row, rv64::Reg d, rv64::Reg a, rv64::Reg s, Upper known) {
  using W = typename E::Value;
  if constexpr (E::kMutation == Mutation::kDivision32TestsUpperHalf) known.zero = true;
  rv64::Reg divisor = s;
  if (row.width == 32 && !known.zero && !known.sign) {
    divisor = kScratch2;
    e.add_imm(rv64::Op::kAddiw, divisor, s, W::of(0));
  }
  if (a == s) {  // 1, or 0 of zero
    e.add(rv64::Op::kSltu, d, rv64::kZero, divisor);
    return;
  }
  e.add(machine_op(row.alu, row.width), d, a, s);
  clear_if_zero(e, d, divisor);
}

template <class E>
void shift_register(E& e, const ebpf::Row& row, rv64::Reg d, rv64::Reg a, rv64::Reg s) {
  rv64::Op op = machine_op(row.alu, row.width);
  if constexpr (E::kMutation == Mutation::kRightShiftArithmetic) {
    if (row.alu == ebpf::AluOp::kRsh) op = machine_op(ebpf::AluOp::kArsh, row.width);
  }
  e.add(op, d, a, s);
}

// dst = r10, or its low half.
template <class E>
void move_frame_pointer(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  const rv64::Reg d = home(insn.dst);
  e.add_imm(rv64::Op::kAddi, d, rv64::kSp, e.context.stack_top);
  if (insn.row().width == 32 && e.counts(insn.dst)) zero_extend(e, d, d);
}

template <class E>
void move_register(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  if (insn.src == ebpf::kFramePointer) return move_frame_pointer(e, insn);
  const bool wide = insn.row().width == 64;
  finish_word(e, home(insn.dst), home(insn.src), e.upper(insn.src), !wide && e.counts(insn.dst));
}

template <class E>
void alu_register(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  const ebpf::Row& row = insn.row();
  if (row.alu == ebpf::AluOp::kMov) return move_register(e, insn);
  const bool counts = e.counts(insn.dst);
  const unsigned width = is_narrow(row, counts) ? 32 : 64;
  const rv64::Reg d = home(insn.dst);
  const rv64::Reg a = home(e.left(insn));
  const rv64::Reg s = e.read(e.right(insn), kScratch);
  Upper result = alu_upper(insn, counts, e.upper(e.left(insn)), e.upper(e.right(insn)));
  switch (row.alu) {
    case ebpf::AluOp::kMov:
    case ebpf::AluOp::kAdd:
    case ebpf::AluOp::kSub:
    case ebpf::AluOp::kMul:
    case ebpf::AluOp::kAnd:
    case ebpf::AluOp::kOr:
    case ebpf::AluOp::kXor:
      e.add(machine_op(row.alu, width), d, a, s);
      break;
    case ebpf::AluOp::kDiv:
    case ebpf::AluOp::kSdiv:
      divide(e, row, d, a, s, e.upper(e.right(insn)));
      if (a == s) result = {.zero = true, .sign = true};
      break;
    case ebpf::AluOp::kMod:
    case ebpf::AluOp::kSmod:
      if (a == s) {
        e.add_imm(rv64::Op::kAddi, d, rv64::kZero, W::of(0));
        return;
      }
      e.add(machine_op(row.alu, width), d, a, s);
      break;
    case ebpf::AluOp::kLsh:
    case ebpf::AluOp::kRsh:
    case ebpf::AluOp::kArsh:
      shift_register(e, row, d, a, s);
      break;
  }
  if constexpr (E::kMutation == Mutation::kAdd32KeepsUpperHalf) return;
  if (row.width == 32) finish_word(e, d, d, result, counts);
}

}  // namespace internal

template <class E>
void lower_alu(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  if (insn.row().source == ebpf::Source::kRegister) {
    internal::alu_register(e, insn);
  } else if (is_narrow(insn.row(), e.counts(insn.dst))) {
    internal::alu32_immediate(e, insn);
  } else {
    internal::alu64_immediate(e, insn);
  }
}

template <class E>
void lower_neg(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  const bool counts = e.counts(insn.dst);
  const rv64::Reg d = home(insn.dst);
  const rv64::Reg a = home(e.left(insn));
  e.add(is_narrow(insn.row(), counts) ? rv64::Op::kSubw : rv64::Op::kSub, d, rv64::kZero, a);
  if (insn.row().width == 32) finish_word(e, d, d, {.sign = true}, counts);
}

template <class E>
void lower_movsx(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  const ebpf::Row& row = insn.row();
  const rv64::Reg d = home(insn.dst);
  const rv64::Reg s = e.read(insn.src, kScratch);
  const auto spare = 64u - 8u * row.bytes;
  if constexpr (E::kMutation == Mutation::kMovsxZeroExtends) {
    e.add_imm(rv64::Op::kSlli, d, s, W::of(spare));
    e.add_imm(rv64::Op::kSrli, d, d, W::of(spare));
  } else if (row.width == 32 && e.counts(insn.dst) && !e.has(rv64::Extension::kZbb)) {
    e.add_imm(rv64::Op::kSlli, d, s, W::of(spare));
    e.add_imm(rv64::Op::kSrai, d, d, W::of(spare - 32));
    e.add_imm(rv64::Op::kSrli, d, d, W::of(32));
    return;
  } else if (row.bytes == 4) {
    e.add_imm(rv64::Op::kAddiw, d, s, W::of(0));
  } else if (e.has(rv64::Extension::kZbb)) {
    e.add_imm(row.bytes == 1 ? rv64::Op::kSextB : rv64::Op::kSextH, d, s, W::of(0));
  } else {
    e.add_imm(rv64::Op::kSlli, d, s, W::of(spare));
    e.add_imm(rv64::Op::kSrai, d, d, W::of(spare));
  }
  if (row.width == 32) finish_word(e, d, d, {.sign = true}, e.counts(insn.dst));
}

}  // namespace zext::jit
