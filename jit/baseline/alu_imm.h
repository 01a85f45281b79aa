// Lowerings of arithmetic with an immediate: immediate forms where they fit, shifts and masks for
// powers of two, otherwise the constant in a scratch register.
//
//   r1 &= 0xffff     ->  slli a0, a0, 48; srli a0, a0, 48     (Zbb: zext.h a0, a0)
//   w1 <<= 3         ->  slli a0, a0, 35; srli a0, a0, 32
//   r1 *= 8          ->  slli a0, a0, 3
//
// Sequences go from register `a` to register `d`, which may be the same.
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/extend.h"
#include "jit/baseline/immediate.h"

namespace zext::jit {

constexpr rv64::Op machine_op(ebpf::AluOp op, unsigned width);

namespace internal {

// d = a op constant, the constant in a register.
template <class E, Word W>
void through_register(E& e, rv64::Op op, rv64::Reg d, rv64::Reg a, W constant) {
  e.add(op, d, a, constant_register(e, constant, kScratch));
}

// d = a + constant; `narrow`: its low half, sign-extended.
template <class E, Word W>
void add_constant(E& e, rv64::Reg d, rv64::Reg a, W constant, bool narrow) {
  const rv64::Op op = narrow ? rv64::Op::kAddiw : rv64::Op::kAddi;
  if (!narrow && bool(constant == W::of(0))) return e.move(d, a);
  if (fits12(constant)) {
    e.add_imm(op, d, a, constant);
    return;
  }
  const bool kept = kept_constant(e, constant) != rv64::kZero;
  for (const int64_t part : {2047, -2048}) {
    const W rest = constant - signed_constant<W>(part);
    if (!kept && bool(fits12(rest))) {
      e.add_imm(rv64::Op::kAddi, d, a, signed_constant<W>(part));
      e.add_imm(op, d, d, rest);
      return;
    }
  }
  through_register(e, narrow ? rv64::Op::kAddw : rv64::Op::kAdd, d, a, constant);
}

template <class E, Word W>
void and_constant(E& e, rv64::Reg d, rv64::Reg a, W mask) {
  if constexpr (E::kMutation == Mutation::kAndImmediateZeroExtended) {
    mask = zext<64>(trunc<32>(mask));
  }
  if (mask == ~W::of(0)) return e.move(d, a);
  if (fits12(mask)) {
    e.add_imm(rv64::Op::kAndi, d, a, mask);
    return;
  }
  if (e.has(rv64::Extension::kZbb) && bool(mask == W::of(0xffff))) {
    e.add_imm(rv64::Op::kZextH, d, a, W::of(0));
    return;
  }
  if (is_power_of_two(mask + W::of(1))) {  // low ones
    const W spare = W::of(64) - log2_exact(mask + W::of(1));
    e.add_imm(rv64::Op::kSlli, d, a, spare);
    e.add_imm(rv64::Op::kSrli, d, d, spare);
    return;
  }
  if (is_power_of_two(W::of(0) - mask)) {  // low zeros
    const W zeros = log2_exact(W::of(0) - mask);
    e.add_imm(rv64::Op::kSrli, d, a, zeros);
    e.add_imm(rv64::Op::kSlli, d, d, zeros);
    return;
  }
  if (e.has(rv64::Extension::kZbs) && bool(is_power_of_two(~mask))) {
    e.add_imm(rv64::Op::kBclri, d, a, log2_exact(~mask));
    return;
  }
  through_register(e, rv64::Op::kAnd, d, a, mask);
}

// `|=` and `^=`: an immediate form, or with Zbs one bit. The one bit is not bit 31 of a 32-bit
// constant, which is sign-extended and so of 33 ones.
template <class E, Word W>
void or_xor_constant(E& e, ebpf::AluOp op, rv64::Reg d, rv64::Reg a, W constant) {
  const bool is_or = op == ebpf::AluOp::kOr;
  if (constant == W::of(0)) return e.move(d, a);
  if (fits12(constant)) {
    e.add_imm(is_or ? rv64::Op::kOri : rv64::Op::kXori, d, a, constant);
    return;
  }
  if (e.has(rv64::Extension::kZbs) && bool(is_power_of_two(constant))) {
    e.add_imm(is_or ? rv64::Op::kBseti : rv64::Op::kBinvi, d, a, log2_exact(constant));
    return;
  }
  through_register(e, is_or ? rv64::Op::kOr : rv64::Op::kXor, d, a, constant);
}

template <class E, Word W>
void shift_constant(E& e, rv64::Op op, rv64::Reg d, rv64::Reg a, W amount) {
  if (amount == W::of(0)) return e.move(d, a);
  e.add_imm(op, d, a, amount);
}

constexpr bool is_remainder(ebpf::AluOp op) {
  return op == ebpf::AluOp::kMod || op == ebpf::AluOp::kSmod;
}
constexpr bool has_power_form(ebpf::AluOp op) {
  return op == ebpf::AluOp::kMul || op == ebpf::AluOp::kDiv || op == ebpf::AluOp::kMod;
}

// `*=`, `/=`, `%=` at 64 bits.
template <class E, Word W>
void mul_div64_constant(E& e, ebpf::AluOp op, rv64::Reg d, rv64::Reg a, W constant) {
  if (constant == W::of(0)) {
    if (is_remainder(op)) return e.move(d, a);
    e.add_imm(rv64::Op::kAddi, d, rv64::kZero, W::of(0));
    return;
  }
  if (has_power_form(op) && bool(is_power_of_two(constant))) {
    if (is_remainder(op)) return and_constant(e, d, a, constant - W::of(1));
    return shift_constant(e, op == ebpf::AluOp::kMul ? rv64::Op::kSlli : rv64::Op::kSrli, d, a,
                          log2_exact(constant));
  }
  through_register(e, machine_op(op, 64), d, a, constant);
}

template <class E>
void alu64_immediate(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  const rv64::Reg d = home(insn.dst);
  const W& imm = insn.imm;
  const W amount = imm & W::of(63);
  const ebpf::AluOp op = insn.row().alu;
  if (op == ebpf::AluOp::kMov) return move_constant(e, d, imm);
  if (e.left(insn) == ebpf::kFramePointer) {  // takes_in() lets `+=` alone have it
    return add_constant(e, d, rv64::kSp, e.context.stack_top + imm, false);
  }
  const rv64::Reg a = home(e.left(insn));
  switch (op) {
    case ebpf::AluOp::kMov:
      return;
    case ebpf::AluOp::kAdd:
      return add_constant(e, d, a, imm, false);
    case ebpf::AluOp::kSub:
      return add_constant(e, d, a, W::of(0) - imm, false);
    case ebpf::AluOp::kAnd:
      return and_constant(e, d, a, imm);
    case ebpf::AluOp::kOr:
    case ebpf::AluOp::kXor:
      return or_xor_constant(e, op, d, a, imm);
    case ebpf::AluOp::kLsh:
      return shift_constant(e, rv64::Op::kSlli, d, a, amount);
    case ebpf::AluOp::kRsh:
      if constexpr (E::kMutation == Mutation::kRightShiftArithmetic) {
        return shift_constant(e, rv64::Op::kSrai, d, a, amount);
      }
      return shift_constant(e, rv64::Op::kSrli, d, a, amount);
    case ebpf::AluOp::kArsh:
      return shift_constant(e, rv64::Op::kSrai, d, a, amount);
    case ebpf::AluOp::kMul:
    case ebpf::AluOp::kDiv:
    case ebpf::AluOp::kSdiv:
    case ebpf::AluOp::kMod:
    case ebpf::AluOp::kSmod:
      return mul_div64_constant(e, op, d, a, imm);
  }
}

// What a 32-bit operation is done on and how its result is wanted.
struct Narrow {
  rv64::Reg d, a;
  Upper left;   // known of a
  bool counts;  // the upper half of the result must be zero
};

// A 32-bit shift; `result`: what is known of it before an extension.
template <class E, Word W>
void shift32_constant(E& e, ebpf::AluOp op, const Narrow& n, W amount, Upper result) {
  const bool arithmetic =
      op == ebpf::AluOp::kArsh || (E::kMutation == Mutation::kRightShiftArithmetic);
  if (op == ebpf::AluOp::kLsh) {
    if (n.counts) {
      e.add_imm(rv64::Op::kSlli, n.d, n.a, amount + W::of(32));
      e.add_imm(rv64::Op::kSrli, n.d, n.d, W::of(32));
    } else {
      e.add_imm(result.sign || n.d != n.a ? rv64::Op::kSlliw : rv64::Op::kSlli, n.d, n.a, amount);
    }
    return;
  }
  if (!arithmetic) {
    if (n.left.zero) return shift_constant(e, rv64::Op::kSrli, n.d, n.a, amount);
    e.add_imm(rv64::Op::kSrliw, n.d, n.a, amount);
  } else if (n.left.sign) {
    shift_constant(e, rv64::Op::kSrai, n.d, n.a, amount);
  } else if (n.counts && !e.has(rv64::Extension::kZba)) {
    e.add_imm(rv64::Op::kSlli, n.d, n.a, W::of(32));
    e.add_imm(rv64::Op::kSrai, n.d, n.d, amount);
    e.add_imm(rv64::Op::kSrli, n.d, n.d, W::of(32));
    return;
  } else {
    e.add_imm(rv64::Op::kSraiw, n.d, n.a, amount);
  }
  finish_word(e, n.d, n.d, result, n.counts);
}

// `*=`, `/=`, `%=` at 32 bits, by the low half of `constant`.
template <class E, Word W>
void mul_div32_constant(E& e, ebpf::AluOp op, const Narrow& n, W constant, Upper result) {
  const W low = zext<64>(trunc<32>(constant));
  if (low == W::of(0)) {
    if (!is_remainder(op)) {
      e.add_imm(rv64::Op::kAddi, n.d, rv64::kZero, W::of(0));
    } else if (n.counts) {
      finish_word(e, n.d, n.a, n.left, true);
    } else {
      e.add_imm(rv64::Op::kAddiw, n.d, n.a, W::of(0));
    }
    return;
  }
  if (has_power_form(op) && bool(is_power_of_two(low))) {
    if (is_remainder(op)) return and_constant(e, n.d, n.a, low - W::of(1));
    const W amount = log2_exact(low);
    if (op == ebpf::AluOp::kMul) return shift32_constant(e, ebpf::AluOp::kLsh, n, amount, result);
    if (amount != W::of(0)) {
      return shift32_constant(e, ebpf::AluOp::kRsh, n, amount, {.zero = true, .sign = true});
    }
    e.add_imm(rv64::Op::kAddiw, n.d, n.a, W::of(0));
    return finish_word(e, n.d, n.d, {.sign = true}, n.counts);
  }
  through_register(e, machine_op(op, 32), n.d, n.a, constant);
  finish_word(e, n.d, n.d, result, n.counts);
}

// The low half of `a op constant`, as the result is wanted.
template <class E>
void alu32_immediate(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  const ebpf::AluOp op = insn.row().alu;
  const W imm = insn.imm;
  const bool counts = e.counts(insn.dst);
  const Narrow n{home(insn.dst), op == ebpf::AluOp::kMov ? rv64::kZero : home(e.left(insn)),
                 e.upper(e.left(insn)), counts};
  const Upper result = alu_upper(insn, counts, n.left, upper_of(imm));
  switch (op) {
    case ebpf::AluOp::kMov:
      return move_constant(e, n.d, counts ? zext<64>(trunc<32>(imm)) : imm);
    case ebpf::AluOp::kAdd:
      add_constant(e, n.d, n.a, imm, true);
      if constexpr (E::kMutation == Mutation::kAdd32KeepsUpperHalf) return;
      break;
    case ebpf::AluOp::kSub:
      add_constant(e, n.d, n.a, sext<64>(trunc<32>(W::of(0) - imm)), true);
      break;
    case ebpf::AluOp::kAnd:
      and_constant(e, n.d, n.a, imm);
      break;
    case ebpf::AluOp::kOr:
    case ebpf::AluOp::kXor:
      or_xor_constant(e, op, n.d, n.a, imm);
      break;
    case ebpf::AluOp::kLsh:
    case ebpf::AluOp::kRsh:
    case ebpf::AluOp::kArsh:
      return shift32_constant(e, op, n, imm & W::of(31), result);
    case ebpf::AluOp::kMul:
    case ebpf::AluOp::kDiv:
    case ebpf::AluOp::kSdiv:
    case ebpf::AluOp::kMod:
    case ebpf::AluOp::kSmod:
      return mul_div32_constant(e, op, n, imm, result);
  }
  finish_word(e, n.d, n.d, result, counts);
}

}  // namespace internal
}  // namespace zext::jit
