// What each eBPF instruction does to values: the meanings of insns.def as functions over any Word.
//
//   alu(AluOp::kDiv, Bits<64>::of(7), Bits<64>::of(0)).value();     // 0 (RFC 9669, section 4.1)
//   alu(AluOp::kAdd, Bv<32>::variable("x"), Bv<32>::of(1));         // a Z3 term
//
// The interpreter computes with them, the proofs compare the JIT's lowerings and the verifier's
// abstract operators against them.
#pragma once

#include "isa/ebpf/insn.h"
#include "word/word.h"

namespace zext::ebpf {

// dst op src at W's width.
template <Word W>
constexpr W alu(AluOp op, W dst, W src) {
  switch (op) {
#define EBPF_ALU(name, code, offset, symbol, group, version, ...) \
  case AluOp::k##name:                                            \
    return __VA_ARGS__;
#include "isa/ebpf/insns.def"
  }
  __builtin_unreachable();
}

// -dst at W's width.
template <Word W>
constexpr W neg(W dst) {
#define EBPF_NEG(name, code, symbol, group, version, ...) return __VA_ARGS__;
#include "isa/ebpf/insns.def"
}

// Whether a conditional jump is taken.
template <Word W>
constexpr typename W::Bool taken(JumpOp op, W dst, W src) {
  switch (op) {
#define EBPF_JUMP(name, code, symbol, version, ...) \
  case JumpOp::k##name:                             \
    return __VA_ARGS__;
#include "isa/ebpf/insns.def"
  }
  __builtin_unreachable();
}

// The value an atomic operation stores; `expected` is r0, for cmpxchg.
template <Word W>
constexpr W atomic(AtomicOp op, W old, W src, [[maybe_unused]] W expected) {
  switch (op) {
#define EBPF_ATOMIC(name, imm, fetch, text, version, ...) \
  case AtomicOp::k##name:                                 \
    return __VA_ARGS__;
#include "isa/ebpf/insns.def"
  }
  __builtin_unreachable();
}

namespace internal {

template <Word X>
constexpr X endian(EndianOp op, unsigned width, X x) {
#define EBPF_ENDIAN(name, class, source, bits, version, ...) \
  if (op == EndianOp::k##name && width == bits) return __VA_ARGS__;
#include "isa/ebpf/insns.def"
  __builtin_unreachable();
}

}  // namespace internal

// le/be/bswap of dst's low `bytes` (2, 4 or 8), zero-extended.
template <Word W>
constexpr W endian(EndianOp op, unsigned bytes, W dst) {
  static_assert(W::kWidth == 64);
  switch (bytes) {
    case 2:
      return zext<64>(internal::endian(op, 16, trunc<16>(dst)));
    case 4:
      return zext<64>(internal::endian(op, 32, trunc<32>(dst)));
    default:
      return internal::endian(op, 64, dst);
  }
}

// The low `bytes` (1, 2, 4 or 8) of x, sign-extended to 64 bits.
template <Word W>
constexpr W sign_extend(unsigned bytes, W x) {
  static_assert(W::kWidth == 64);
  const W amount = W::of(64 - 8 * bytes);
  return ashr(shl(x, amount), amount);
}

// The low `bytes` (1, 2, 4 or 8) of x, zero-extended to 64 bits.
template <Word W>
constexpr W zero_extend(unsigned bytes, W x) {
  static_assert(W::kWidth == 64);
  const W amount = W::of(64 - 8 * bytes);
  return lshr(shl(x, amount), amount);
}

// What an instruction of kind kAlu, kNeg, kMovsx, kEndian or kImm64 (a constant) leaves in its
// destination register, given the registers' 64-bit values. 32-bit operations zero the upper half.
template <Word W>
constexpr W compute(const Instruction<W>& insn, W dst, W src) {
  const Row& row = insn.row();
  const W operand = row.source == Source::kImmediate ? insn.imm : src;
  switch (row.kind) {
    case Kind::kAlu:
      if (row.width == 64) return alu(row.alu, dst, operand);
      return zext<64>(alu(row.alu, trunc<32>(dst), trunc<32>(operand)));
    case Kind::kNeg:
      if (row.width == 64) return neg(dst);
      return zext<64>(neg(trunc<32>(dst)));
    case Kind::kMovsx: {
      const W value = sign_extend(row.bytes, src);
      return row.width == 64 ? value : zero_extend(4, value);
    }
    case Kind::kEndian:
      return endian(row.endian, row.bytes, dst);
    case Kind::kImm64:
      return insn.imm;
    case Kind::kLoad:
    case Kind::kLoadSx:
    case Kind::kStore:
    case Kind::kStoreImm:
    case Kind::kAtomic:
    case Kind::kLoadAcquire:
    case Kind::kStoreRelease:
    case Kind::kLoadAbs:
    case Kind::kLoadInd:
    case Kind::kJump:
    case Kind::kJa:
    case Kind::kGotol:
    case Kind::kMayGoto:
    case Kind::kCallHelper:
    case Kind::kCallLocal:
    case Kind::kCallBtf:
    case Kind::kCallx:
    case Kind::kExit:
    case Kind::kAddrSpaceCast:
      break;
  }
  __builtin_unreachable();
}

// Whether an instruction of kind kJump is taken, given the registers' 64-bit values.
template <Word W>
constexpr typename W::Bool jumps(const Instruction<W>& insn, W dst, W src) {
  const Row& row = insn.row();
  const W operand = row.source == Source::kImmediate ? insn.imm : src;
  if (row.width == 64) return taken(row.jump, dst, operand);
  return taken(row.jump, trunc<32>(dst), trunc<32>(operand));
}

}  // namespace zext::ebpf
