// Lowerings of arithmetic with an immediate: immediate forms where they fit, shifts and masks for
// powers of two, otherwise the constant in a scratch register.
//
//   r1 &= 0xffff     ->  slli a0, a0, 48; srli a0, a0, 48     (Zbb: zext.h a0, a0)
//   w1 <<= 3         ->  slli a0, a0, 35; srli a0, a0, 32
//   r1 *= 8          ->  slli a0, a0, 3
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/extend.h"
#include "jit/baseline/immediate.h"

namespace zext::jit {

constexpr rv64::Op machine_op(ebpf::AluOp op, unsigned width);

namespace internal {

// d = d op constant, through the scratch register.
template <class E, Word W>
void through_scratch(E& e, rv64::Op op, rv64::Reg d, W constant) {
  load_immediate(e, kScratch, constant);
  e.add(op, d, d, kScratch);
}

template <class E, Word W>
void add_constant(E& e, rv64::Reg d, W constant) {
  if (constant == W::of(0)) return;
  if (fits12(constant)) {
    e.add_imm(rv64::Op::kAddi, d, d, constant);
    return;
  }
  for (const int64_t part : {2047, -2048}) {
    const W rest = constant - signed_constant<W>(part);
    if (fits12(rest)) {
      e.add_imm(rv64::Op::kAddi, d, d, signed_constant<W>(part));
      e.add_imm(rv64::Op::kAddi, d, d, rest);
      return;
    }
  }
  through_scratch(e, rv64::Op::kAdd, d, constant);
}

template <class E, Word W>
void and_constant(E& e, rv64::Reg d, W mask) {
  if constexpr (E::kMutation == Mutation::kAndImmediateZeroExtended) {
    mask = zext<64>(trunc<32>(mask));
  }
  if (mask == ~W::of(0)) return;
  if (fits12(mask)) {
    e.add_imm(rv64::Op::kAndi, d, d, mask);
    return;
  }
  if (e.has(rv64::Extension::kZbb) && bool(mask == W::of(0xffff))) {
    e.add_imm(rv64::Op::kZextH, d, d, W::of(0));
    return;
  }
  if (is_power_of_two(mask + W::of(1))) {  // low ones
    const W spare = W::of(64) - log2_exact(mask + W::of(1));
    e.add_imm(rv64::Op::kSlli, d, d, spare);
    e.add_imm(rv64::Op::kSrli, d, d, spare);
    return;
  }
  if (is_power_of_two(W::of(0) - mask)) {  // low zeros
    const W zeros = log2_exact(W::of(0) - mask);
    e.add_imm(rv64::Op::kSrli, d, d, zeros);
    e.add_imm(rv64::Op::kSlli, d, d, zeros);
    return;
  }
  if (e.has(rv64::Extension::kZbs) && bool(is_power_of_two(~mask))) {
    e.add_imm(rv64::Op::kBclri, d, d, log2_exact(~mask));
    return;
  }
  through_scratch(e, rv64::Op::kAnd, d, mask);
}

// `|=` and `^=`: an immediate form, or with Zbs one bit.
template <class E, Word W>
void or_xor_constant(E& e, ebpf::AluOp op, rv64::Reg d, W constant) {
  const bool is_or = op == ebpf::AluOp::kOr;
  if (constant == W::of(0)) return;
  if (fits12(constant)) {
    e.add_imm(is_or ? rv64::Op::kOri : rv64::Op::kXori, d, d, constant);
    return;
  }
  if (e.has(rv64::Extension::kZbs) && bool(is_power_of_two(constant))) {
    e.add_imm(is_or ? rv64::Op::kBseti : rv64::Op::kBinvi, d, d, log2_exact(constant));
    return;
  }
  through_scratch(e, is_or ? rv64::Op::kOr : rv64::Op::kXor, d, constant);
}

template <class E, Word W>
void shift_constant(E& e, rv64::Op op, rv64::Reg d, W amount) {
  if (amount == W::of(0)) return;
  e.add_imm(op, d, d, amount);
}

// `*=`, `/=`, `%=` at 64 bits.
template <class E, Word W>
void mul_div64_constant(E& e, ebpf::AluOp op, rv64::Reg d, W constant) {
  const bool remainder = op == ebpf::AluOp::kMod || op == ebpf::AluOp::kSmod;
  if (constant == W::of(0)) {
    if (!remainder) e.add_imm(rv64::Op::kAddi, d, rv64::kZero, W::of(0));
    return;
  }
  if (op == ebpf::AluOp::kMul || op == ebpf::AluOp::kDiv || op == ebpf::AluOp::kMod) {
    if (is_power_of_two(constant)) {
      if (remainder) return and_constant(e, d, constant - W::of(1));
      return shift_constant(e, op == ebpf::AluOp::kMul ? rv64::Op::kSlli : rv64::Op::kSrli, d,
                            log2_exact(constant));
    }
  }
  through_scratch(e, machine_op(op, 64), d, constant);
}

template <class E>
void alu64_immediate(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  const rv64::Reg d = home(insn.dst);
  const W& imm = insn.imm;
  const W amount = imm & W::of(63);
  const ebpf::AluOp op = insn.row().alu;
  switch (op) {
    case ebpf::AluOp::kMov:
      return load_immediate(e, d, imm);
    case ebpf::AluOp::kAdd:
      return add_constant(e, d, imm);
    case ebpf::AluOp::kSub:
      return add_constant(e, d, W::of(0) - imm);
    case ebpf::AluOp::kAnd:
      return and_constant(e, d, imm);
    case ebpf::AluOp::kOr:
    case ebpf::AluOp::kXor:
      return or_xor_constant(e, op, d, imm);
    case ebpf::AluOp::kLsh:
      return shift_constant(e, rv64::Op::kSlli, d, amount);
    case ebpf::AluOp::kRsh:
      if constexpr (E::kMutation == Mutation::kRightShiftArithmetic) {
        return shift_constant(e, rv64::Op::kSrai, d, amount);
      }
      return shift_constant(e, rv64::Op::kSrli, d, amount);
    case ebpf::AluOp::kArsh:
      return shift_constant(e, rv64::Op::kSrai, d, amount);
    case ebpf::AluOp::kMul:
    case ebpf::AluOp::kDiv:
    case ebpf::AluOp::kSdiv:
    case ebpf::AluOp::kMod:
    case ebpf::AluOp::kSmod:
      return mul_div64_constant(e, op, d, imm);
  }
}

// A 32-bit shift; `known`: d's upper half is zero.
template <class E, Word W>
void shift32_constant(E& e, ebpf::AluOp op, rv64::Reg d, W amount, bool known) {
  const bool arithmetic =
      op == ebpf::AluOp::kArsh || (E::kMutation == Mutation::kRightShiftArithmetic);
  if (amount == W::of(0)) {
    if (!known) zero_extend(e, d, d);
  } else if (op == ebpf::AluOp::kLsh) {
    e.add_imm(rv64::Op::kSlli, d, d, amount + W::of(32));
    e.add_imm(rv64::Op::kSrli, d, d, W::of(32));
  } else if (!arithmetic) {
    // The sign that srliw copies is zero.
    e.add_imm(known ? rv64::Op::kSrli : rv64::Op::kSrliw, d, d, amount);
  } else if (e.has(rv64::Extension::kZba)) {
    e.add_imm(rv64::Op::kSraiw, d, d, amount);
    zero_extend(e, d, d);
  } else {
    e.add_imm(rv64::Op::kSlli, d, d, W::of(32));
    e.add_imm(rv64::Op::kSrai, d, d, amount);
    e.add_imm(rv64::Op::kSrli, d, d, W::of(32));
  }
}

// `*=`, `/=`, `%=` at 32 bits, by the low half of `constant`.
template <class E, Word W>
void mul_div32_constant(E& e, ebpf::AluOp op, rv64::Reg d, W constant, bool known) {
  const bool remainder = op == ebpf::AluOp::kMod || op == ebpf::AluOp::kSmod;
  const W low = zext<64>(trunc<32>(constant));
  if (low == W::of(0)) {
    if (!remainder) {
      e.add_imm(rv64::Op::kAddi, d, rv64::kZero, W::of(0));
    } else if (!known) {
      zero_extend(e, d, d);
    }
    return;
  }
  if (op == ebpf::AluOp::kMul || op == ebpf::AluOp::kDiv || op == ebpf::AluOp::kMod) {
    if (is_power_of_two(low)) {
      if (remainder) return and_constant(e, d, low - W::of(1));
      return shift32_constant(e, op == ebpf::AluOp::kMul ? ebpf::AluOp::kLsh : ebpf::AluOp::kRsh, d,
                              log2_exact(low), known);
    }
  }
  through_scratch(e, machine_op(op, 32), d, constant);
  zero_extend(e, d, d);
}

template <class E>
void alu32_immediate(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  const rv64::Reg d = home(insn.dst);
  const W& imm = insn.imm;
  const bool known = e.zero_extended(insn.dst);
  const ebpf::AluOp op = insn.row().alu;
  bool extended = false;  // d's upper half is zero without an extension
  switch (op) {
    case ebpf::AluOp::kMov:
      return load_immediate(e, d, zext<64>(trunc<32>(imm)));
    case ebpf::AluOp::kAdd:
      add_constant(e, d, imm);
      extended =
          (E::kMutation == Mutation::kAdd32KeepsUpperHalf) || (known && bool(imm == W::of(0)));
      break;
    case ebpf::AluOp::kSub:
      add_constant(e, d, sext<64>(trunc<32>(W::of(0) - imm)));
      extended = known && bool(imm == W::of(0));
      break;
    case ebpf::AluOp::kAnd:
      and_constant(e, d, imm);
      extended = known || bool(sle(W::of(0), imm));
      break;
    case ebpf::AluOp::kOr:
    case ebpf::AluOp::kXor:
      or_xor_constant(e, op, d, imm);
      extended = known && bool(sle(W::of(0), imm));
      break;
    case ebpf::AluOp::kLsh:
    case ebpf::AluOp::kRsh:
    case ebpf::AluOp::kArsh:
      return shift32_constant(e, op, d, imm & W::of(31), known);
    case ebpf::AluOp::kMul:
    case ebpf::AluOp::kDiv:
    case ebpf::AluOp::kSdiv:
    case ebpf::AluOp::kMod:
    case ebpf::AluOp::kSmod:
      return mul_div32_constant(e, op, d, imm, known);
  }
  if (!extended) zero_extend(e, d, d);
}

}  // namespace internal
}  // namespace zext::jit
