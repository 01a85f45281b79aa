// Blinding: a program's constants reach a register as two numbers that only their exclusive or
// gives away, so that nobody who chooses a program chooses bytes of machine code (JIT spraying).
//
//   e.context.mask = random();
//   const auto insn = blind_operands(e, with_constant_in_register(add));   // r1 += 0x5a5
//   lower_straight(e, insn);
//       // lui t3, ...; addiw t3, t3, ...; lui t4, ...; addiw t4, t4, ...; xor t3, t3, t4
//       // add a0, a0, t3
//
// An instruction with a constant becomes the one of the same operation on registers, whose lowering
// it shares; the constant is in kConstantOperand. What is left as it is: zero, shift amounts, and
// offsets of 10 bits; longer ones are added through kAddressOperand.
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/constant.h"
#include "jit/baseline/effects.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/probe.h"

namespace zext::jit {

template <class E, Word W>
void load_immediate(E& e, rv64::Reg rd, W value);

// The second number, and a part of a long constant.
inline constexpr rv64::Reg kMaskRegister = rv64::kT4;

namespace internal {

// rd = value, both of 32 signed bits, by a mask of 32.
template <class E, Word W>
void load_masked(E& e, rv64::Reg rd, W value, W mask) {
  load_immediate(e, rd, value ^ mask);
  load_immediate(e, kMaskRegister, mask);
  if constexpr (E::kMutation == Mutation::kConstantStaysMasked) return;
  e.add(rv64::Op::kXor, rd, rd, kMaskRegister);
}

}  // namespace internal

// rd = value, by e.context.mask: 5 instructions, or 12 for more than 32 bits.
template <class E, Word W>
void load_blinded(E& e, rv64::Reg rd, W value) {
  const W mask = *e.context.mask;
  const W mask_low = sext<64>(trunc<32>(mask));
  e.context.mask.reset();
  if (fits_signed(32, value)) {
    internal::load_masked(e, rd, value, mask_low);
  } else {
    const W low = sext<64>(trunc<32>(value));
    internal::load_masked(e, rd, ashr(value - low, W::of(32)), ashr(mask, W::of(32)));
    e.add_imm(rv64::Op::kSlli, rd, rd, W::of(32));
    internal::load_masked(e, home(kConstantOperand), low, mask_low);
    e.add(rv64::Op::kAdd, rd, rd, home(kConstantOperand));
  }
  e.context.mask = mask;
}

// The row of the same operation on a register; the row itself where there is none.
constexpr const ebpf::Row& register_form(const ebpf::Row& row) {
  for (const ebpf::Row& other : ebpf::kRows) {
    if (other.source != ebpf::Source::kRegister || other.width != row.width) continue;
    if (row.kind == ebpf::Kind::kAlu && other.kind == row.kind && other.alu == row.alu) {
      return other;
    }
    if (row.kind == ebpf::Kind::kJump && other.kind == row.kind && other.jump == row.jump) {
      return other;
    }
    if (row.kind == ebpf::Kind::kStoreImm && other.kind == ebpf::Kind::kStore &&
        other.bytes == row.bytes) {
      return other;
    }
  }
  return row;
}

// Whether an instruction of the row has its constant in a field that blinding does without: moves
// load theirs, which load_immediate blinds, and of shift amounts there are 64.
constexpr bool constant_goes_to_register(const ebpf::Row& row) {
  if (row.source != ebpf::Source::kImmediate) return false;
  switch (row.kind) {
    case ebpf::Kind::kAlu:
      return row.alu != ebpf::AluOp::kMov && row.alu != ebpf::AluOp::kLsh &&
             row.alu != ebpf::AluOp::kRsh && row.alu != ebpf::AluOp::kArsh;
    case ebpf::Kind::kJump:
    case ebpf::Kind::kStoreImm:
      return true;
    case ebpf::Kind::kNeg:
    case ebpf::Kind::kMovsx:
    case ebpf::Kind::kEndian:
    case ebpf::Kind::kLoad:
    case ebpf::Kind::kLoadSx:
    case ebpf::Kind::kStore:
    case ebpf::Kind::kAtomic:
    case ebpf::Kind::kLoadAcquire:
    case ebpf::Kind::kStoreRelease:
    case ebpf::Kind::kImm64:
    case ebpf::Kind::kLoadAbs:
    case ebpf::Kind::kLoadInd:
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

// Whether an instruction of that kind has a number that the program chooses and a lowering emits:
// not where a jump or a call goes.
constexpr bool chooses_number(ebpf::Kind kind) {
  switch (kind) {
    case ebpf::Kind::kAlu:
    case ebpf::Kind::kLoad:
    case ebpf::Kind::kLoadSx:
    case ebpf::Kind::kStore:
    case ebpf::Kind::kStoreImm:
    case ebpf::Kind::kAtomic:
    case ebpf::Kind::kLoadAcquire:
    case ebpf::Kind::kStoreRelease:
    case ebpf::Kind::kImm64:
    case ebpf::Kind::kLoadAbs:
    case ebpf::Kind::kLoadInd:
    case ebpf::Kind::kJump:
      return true;
    case ebpf::Kind::kNeg:
    case ebpf::Kind::kMovsx:
    case ebpf::Kind::kEndian:
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

// The instruction with its constant, unless that is zero, in kConstantOperand; it keeps the
// constant for blind_operands. Facts about a program are those of the program so changed.
template <Word W>
ebpf::Instruction<W> with_constant_in_register(const ebpf::Instruction<W>& insn) {
  if (!constant_goes_to_register(insn.row()) || bool(insn.imm == W::of(0))) return insn;
  ebpf::Instruction<W> changed = insn;
  changed.op = register_form(insn.row()).op;
  changed.src = kConstantOperand;
  return changed;
}

// What is left of an instruction to lower once blind_operands has loaded its operands. `offset`:
// the instruction's, zero afterwards if it has more than 10 bits and goes into kAddressOperand.
template <class E, Word W>
ebpf::Instruction<W> without_long_offset(const E& e, const ebpf::Instruction<W>& insn, W& offset) {
  ebpf::Instruction<W> left = insn;
  const auto base = address_base(insn);
  if (!base) return left;
  const bool frame = *base == ebpf::kFramePointer;
  if (fits_signed(10, frame ? offset + e.context.stack_top : offset)) return left;
  (can_probe(insn.row().kind) ? left.src : left.dst) = kAddressOperand;
  offset = W::of(0);
  return left;
}

namespace internal {

// kAddressOperand = base + offset.
template <class E, Word W>
void load_address_operand(E& e, ebpf::Reg base, W offset) {
  const bool frame = base == ebpf::kFramePointer;
  const rv64::Reg to = home(kAddressOperand);
  load_immediate(e, to, frame ? offset + e.context.stack_top : offset);
  e.add(rv64::Op::kAdd, to, to, frame ? rv64::kSp : home(base));
}

}  // namespace internal

// Loads the operands that blinding has taken out of the instruction, and gives what is left of it
// to be lowered, as without_long_offset does.
template <class E, Word W>
ebpf::Instruction<W> blind_operands(E& e, const ebpf::Instruction<W>& insn, W& offset) {
  const W given = offset;
  const ebpf::Instruction<W> left = without_long_offset(e, insn, offset);
  if (insn.src == kConstantOperand) {
    load_immediate(e, home(kConstantOperand), insn.imm);
    e.context.mask = lshr(*e.context.mask, W::of(32)) | shl(*e.context.mask, W::of(32));
  }
  const auto base = address_base(insn);
  if (base != address_base(left)) internal::load_address_operand(e, *base, given);
  return left;
}

// Likewise, with the offset in the instruction.
template <class E>
ebpf::Instruction<> blind_operands(E& e, const ebpf::Instruction<>& insn) {
  Bits<64> offset = Bits<64>::of(static_cast<uint64_t>(int64_t{insn.offset}));
  ebpf::Instruction<> left = blind_operands(e, insn, offset);
  left.offset = static_cast<int16_t>(offset.signed_value());
  return left;
}

}  // namespace zext::jit
