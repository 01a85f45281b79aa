// From instructions to bits.
//
//   encode({.op = Op::kAddi, .rd = kA0, .rs1 = kA0, .imm = Bits<64>::of(1)});   // 0x00150513
//   compress({.op = Op::kAddi, .rd = kA0, .rs1 = kA0, .imm = Bits<64>::of(1)});   // 0x0505
//
// Not every Instruction has an encoding (an immediate may be out of range): ask `encodable` first.
#pragma once

#include <cstdint>

#include "isa/rv64/compressed.h"  // IWYU pragma: export
#include "isa/rv64/format.h"
#include "isa/rv64/insn.h"

namespace zext::rv64 {

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
