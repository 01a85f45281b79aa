// Instructions that touch registers only, executed over any Word: what a lowering is proven with.
//
//   Registers<Bv<64>> x = ...;                                  // variables, x[0] zero
//   execute_straight_line<Bv<64>>(instructions, x);             // x[rd] are terms over them now
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "isa/rv64/insn.h"
#include "isa/rv64/semantics.h"

namespace zext::rv64 {

// The integer registers; x[0] is zero and stays so.
template <Word W>
using Registers = std::array<W, kRegisterCount>;

// Executes one instruction of kind kValue, at address `pc`.
template <Word W>
constexpr void execute(const Instruction<W>& insn, Registers<W>& x, const W& pc) {
  if (insn.rd != kZero) x[insn.rd] = compute(insn, x[insn.rs1], x[insn.rs2], pc);
}

// Executes the instructions in order, the first at address `pc` and each taking four bytes. False,
// before the first that is not of kind kValue (a jump, a branch, a memory access, ...).
template <Word W>
constexpr bool execute_straight_line(std::span<const Instruction<W>> instructions, Registers<W>& x,
                                     W pc = W::of(0)) {
  for (const Instruction<W>& insn : instructions) {
    if (insn.row().kind != Kind::kValue) return false;
    execute(insn, x, pc);
    pc = pc + W::of(4);
  }
  return true;
}

}  // namespace zext::rv64
