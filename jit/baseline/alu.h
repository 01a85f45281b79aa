// Lowerings of arithmetic between registers: kAlu with a register operand, kNeg, kMovsx.
//
//   lower_alu(e, insn);      // r1 += r2  ->  add a0, a0, a1
//
// Where RV64 and eBPF differ: 32-bit operations zero the upper half in eBPF and copy the sign in
// RV64; the quotient by zero is 0 in eBPF and all ones in RV64 (the remainder is the dividend in
// both, and the quotient of the smallest number by -1 that number).
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
      return Op::kAdd;  // the low half of a sum is the sum of the low halves
    case ebpf::AluOp::kSub:
      return Op::kSub;
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

template <class E>
void divide(E& e, const ebpf::Row& row, rv64::Reg d, rv64::Reg s, bool s_zero_extended) {
  using W = typename E::Value;
  const bool wide = row.width == 64;
  rv64::Reg divisor = s;
  if constexpr (E::kMutation == Mutation::kDivision32TestsUpperHalf) s_zero_extended = true;
  if (!wide && !s_zero_extended) {
    divisor = kScratch2;
    e.add_imm(rv64::Op::kAddiw, divisor, s, W::of(0));
  }
  if (d == s) {  // 1, or 0 of zero
    e.add(rv64::Op::kSltu, d, rv64::kZero, divisor);
    return;
  }
  e.add(machine_op(row.alu, row.width), d, d, s);
  if (!wide) zero_extend(e, d, d);
  clear_if_zero(e, d, divisor);
}

template <class E>
void shift(E& e, const ebpf::Row& row, rv64::Reg d, rv64::Reg s) {
  rv64::Op op = machine_op(row.alu, row.width);
  if constexpr (E::kMutation == Mutation::kRightShiftArithmetic) {
    if (row.alu == ebpf::AluOp::kRsh) op = machine_op(ebpf::AluOp::kArsh, row.width);
  }
  e.add(op, d, d, s);
  if (row.width == 32) zero_extend(e, d, d);
}

// Whether a 32-bit `&=`, `|=` or `^=` of these registers leaves the upper half zero by itself.
template <class E>
bool bitwise_keeps_zeros(const E& e, const ebpf::Instruction<typename E::Value>& insn) {
  const bool dst = e.zero_extended(insn.dst);
  const bool src = e.zero_extended(insn.src);
  return insn.row().alu == ebpf::AluOp::kAnd ? dst || src : dst && src;
}

template <class E>
void alu_register(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  const ebpf::Row& row = insn.row();
  const bool wide = row.width == 64;
  const rv64::Reg d = home(insn.dst);
  if (row.alu == ebpf::AluOp::kMov && insn.src == ebpf::kFramePointer) {
    e.add_imm(rv64::Op::kAddi, d, rv64::kSp, e.context.stack_top);
    if (!wide) zero_extend(e, d, d);
    return;
  }
  const rv64::Reg s = e.read(insn.src, kScratch);
  switch (row.alu) {
    case ebpf::AluOp::kMov:
      wide || e.zero_extended(insn.src) ? e.move(d, s) : zero_extend(e, d, s);
      return;
    case ebpf::AluOp::kAdd:
      e.add(rv64::Op::kAdd, d, d, s);
      if constexpr (E::kMutation == Mutation::kAdd32KeepsUpperHalf) return;
      break;
    case ebpf::AluOp::kSub:
    case ebpf::AluOp::kMul:
      e.add(machine_op(row.alu, row.width), d, d, s);
      break;
    case ebpf::AluOp::kAnd:
    case ebpf::AluOp::kOr:
    case ebpf::AluOp::kXor:
      e.add(machine_op(row.alu, row.width), d, d, s);
      if (bitwise_keeps_zeros(e, insn)) return;
      break;
    case ebpf::AluOp::kDiv:
    case ebpf::AluOp::kSdiv:
      divide(e, row, d, s, e.zero_extended(insn.src));
      return;
    case ebpf::AluOp::kMod:
    case ebpf::AluOp::kSmod:
      if (d == s) {
        e.add_imm(rv64::Op::kAddi, d, rv64::kZero, W::of(0));
        return;
      }
      e.add(machine_op(row.alu, row.width), d, d, s);
      break;
    case ebpf::AluOp::kLsh:
    case ebpf::AluOp::kRsh:
    case ebpf::AluOp::kArsh:
      shift(e, row, d, s);
      return;
  }
  if (!wide) zero_extend(e, d, d);
}

}  // namespace internal

template <class E>
void lower_alu(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  if (insn.row().source == ebpf::Source::kRegister) {
    internal::alu_register(e, insn);
  } else if (insn.row().width == 64) {
    internal::alu64_immediate(e, insn);
  } else {
    internal::alu32_immediate(e, insn);
  }
}

template <class E>
void lower_neg(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  const rv64::Reg d = home(insn.dst);
  e.add(rv64::Op::kSub, d, rv64::kZero, d);
  if (insn.row().width == 32) zero_extend(e, d, d);
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
  } else if (row.width == 32) {
    e.add_imm(rv64::Op::kSlli, d, s, W::of(spare));
    e.add_imm(rv64::Op::kSrai, d, d, W::of(spare - 32));
    e.add_imm(rv64::Op::kSrli, d, d, W::of(32));
  } else if (row.bytes == 4) {
    e.add_imm(rv64::Op::kAddiw, d, s, W::of(0));
  } else if (e.has(rv64::Extension::kZbb)) {
    e.add_imm(row.bytes == 1 ? rv64::Op::kSextB : rv64::Op::kSextH, d, s, W::of(0));
  } else {
    e.add_imm(rv64::Op::kSlli, d, s, W::of(spare));
    e.add_imm(rv64::Op::kSrai, d, d, W::of(spare));
  }
}

}  // namespace zext::jit
