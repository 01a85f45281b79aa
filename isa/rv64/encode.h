// From instructions to bits.
//
//   encode({.op = Op::kAddi, .rd = kA0, .rs1 = kA0, .imm = Bits<64>::of(1)});   // 0x00150513
//
// Not every Instruction has an encoding (an immediate may be out of range): ask `encodable` first.
#pragma once

#include <cstdint>

#include "isa/rv64/format.h"
#include "isa/rv64/insn.h"

namespace zext::rv64 {

// The operands as words; all of them, whether or not the format has a place for each.
constexpr Operands<Bits<64>> operands_of(const Instruction<>& insn) {
  using W = Bits<64>;
  return {.rd = W::of(insn.rd),
          .rs1 = W::of(insn.rs1),
          .rs2 = W::of(insn.rs2),
          .imm = insn.imm,
          .aq = W::of(insn.aq),
          .rl = W::of(insn.rl)};
}

constexpr Instruction<> instruction_of(Op op, const Operands<Bits<64>>& operands) {
  return {.op = op,
          .rd = static_cast<Reg>(operands.rd.value()),
          .rs1 = static_cast<Reg>(operands.rs1.value()),
          .rs2 = static_cast<Reg>(operands.rs2.value()),
          .imm = operands.imm,
          .aq = operands.aq.value() != 0,
          .rl = operands.rl.value() != 0};
}

// Whether a 32-bit word encodes exactly this instruction: each operand is in range and aligned, and
// zero where the format has no place for it.
constexpr bool encodable(const Instruction<>& insn) {
  return fits(layout_of(insn.row().format), operands_of(insn));
}

// The 32-bit encoding. Of an instruction that is not `encodable`, bits without a place are lost.
constexpr uint32_t encode(const Instruction<>& insn) {
  const Row& row = insn.row();
  return row.match | pack(layout_of(row.format), operands_of(insn)).value();
}

}  // namespace zext::rv64
