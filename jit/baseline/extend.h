// Zero extension: what eBPF's 32-bit results need and RV64's do not give.
//
//   zero_extend(e, kA0, kA1);     // slli a0, a1, 32; srli a0, a0, 32, or with Zba one add.uw
//
// zero_extended_after says which registers' upper halves are known to be zero, so that an extension
// is not repeated: a fact carried from instruction to instruction, itself a theorem.
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/effects.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/immediate.h"

namespace zext::jit {

// d = the low half of s.
template <class E>
void zero_extend(E& e, rv64::Reg d, rv64::Reg s) {
  using W = typename E::Value;
  if (e.has(rv64::Extension::kZba)) {
    e.add(rv64::Op::kAddUw, d, s, rv64::kZero);
    return;
  }
  e.add_imm(rv64::Op::kSlli, d, s, W::of(32));
  e.add_imm(rv64::Op::kSrli, d, d, W::of(32));
}

namespace internal {

// Whether a 64-bit operation leaves the upper half zero, given what is known of its operands.
template <Word W>
typename W::Bool alu64_zero_extends(const ebpf::Instruction<W>& insn, RegisterSet before) {
  const bool dst = before.has(insn.dst);
  const bool immediate = insn.row().source == ebpf::Source::kImmediate;
  const typename W::Bool operand =
      immediate ? ult(insn.imm, W::of(uint64_t{1} << 32)) : typename W::Bool(before.has(insn.src));
  switch (insn.row().alu) {
    case ebpf::AluOp::kMov:
      return operand;
    case ebpf::AluOp::kAnd:
      return typename W::Bool(dst) || operand;
    case ebpf::AluOp::kOr:
    case ebpf::AluOp::kXor:
      return typename W::Bool(dst) && operand;
    case ebpf::AluOp::kRsh:
      if (!immediate) return dst;
      return typename W::Bool(dst) || ule(W::of(32), insn.imm & W::of(63));
    case ebpf::AluOp::kDiv:
    case ebpf::AluOp::kMod:
      return dst;
    case ebpf::AluOp::kArsh:
      return dst;
    case ebpf::AluOp::kAdd:
    case ebpf::AluOp::kSub:
    case ebpf::AluOp::kMul:
    case ebpf::AluOp::kSdiv:
    case ebpf::AluOp::kSmod:
    case ebpf::AluOp::kLsh:
      return false;
  }
  __builtin_unreachable();
}

}  // namespace internal

// Whether the upper half of the register that `insn` writes (effects.h) is zero afterwards.
template <Word W>
typename W::Bool zero_extends(const ebpf::Instruction<W>& insn, RegisterSet before) {
  const ebpf::Row& row = insn.row();
  switch (row.kind) {
    case ebpf::Kind::kAlu:
      if (row.width == 32) return true;
      return internal::alu64_zero_extends(insn, before);
    case ebpf::Kind::kNeg:
    case ebpf::Kind::kMovsx:
      return row.width == 32;
    case ebpf::Kind::kEndian:
      return row.bytes < 8 || (row.endian == ebpf::EndianOp::kLe && before.has(insn.dst));
    case ebpf::Kind::kLoad:
    case ebpf::Kind::kLoadAcquire:
    case ebpf::Kind::kAtomic:
      return row.bytes < 8;
    case ebpf::Kind::kImm64:
      if (insn.op != ebpf::Op::kLoadImm64) return false;
      return ult(insn.imm, W::of(uint64_t{1} << 32));
    case ebpf::Kind::kLoadAbs:
    case ebpf::Kind::kLoadInd:
    case ebpf::Kind::kLoadSx:
    case ebpf::Kind::kStore:
    case ebpf::Kind::kStoreImm:
    case ebpf::Kind::kStoreRelease:
    case ebpf::Kind::kJump:
    case ebpf::Kind::kJa:
    case ebpf::Kind::kGotol:
    case ebpf::Kind::kMayGoto:
    case ebpf::Kind::kCallHelper:
    case ebpf::Kind::kCallLocal:
    case ebpf::Kind::kCallBtf:
    case ebpf::Kind::kCallx:
    case ebpf::Kind::kExit:
    case ebpf::Kind::kAddrSpaceCast:
      return false;
  }
  __builtin_unreachable();
}

// The set after one instruction, given the set before it.
inline RegisterSet zero_extended_after(const ebpf::Instruction<>& insn, RegisterSet before) {
  RegisterSet after = before;
  if (calls(insn.row().kind)) {
    for (ebpf::Reg reg = 0; reg <= 5; ++reg) after.put(reg, false);
  } else if (const auto reg = written(insn)) {
    after.put(*reg, zero_extends(insn, before));
  }
  return after;
}

}  // namespace zext::jit
