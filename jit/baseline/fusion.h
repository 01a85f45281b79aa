// Fusion: two instructions that one lowering covers.
//
//   r1 = r2; r1 += r3      ->  add a0, a1, a2       (Context::left is r2)
//
// eBPF has two operands where RV64 has three, so compilers put a move before many an operation. No
// jump may go to the second instruction.
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/mutation.h"
#include "jit/baseline/upper.h"

namespace zext::jit {

// Whether `next` can take in the instruction before it, as the register that its left operand is
// in. `before` and `counts_after` are of `move`.
template <Mutation kMutation = Mutation::kNone, Word W>
bool takes_in(const ebpf::Instruction<W>& move, const ebpf::Instruction<W>& next, Uppers before,
              RegisterSet counts_after, RegisterSet counts_after_next) {
  const ebpf::Row& row = move.row();
  if (row.kind != ebpf::Kind::kAlu || row.alu != ebpf::AluOp::kMov) return false;
  if (row.source != ebpf::Source::kRegister || next.dst != move.dst) return false;
  if (move.src == ebpf::kFramePointer) {
    return row.width == 64 && next.op == ebpf::Op::kAdd64Imm && counts_after_next.has(next.dst);
  }
  const ebpf::Row& operation = next.row();
  const bool alu = operation.kind == ebpf::Kind::kAlu && operation.alu != ebpf::AluOp::kMov;
  if (!alu && operation.kind != ebpf::Kind::kNeg) return false;
  if constexpr (kMutation == Mutation::kMove32TakenInAsItIs) return true;
  return row.width == 64 || !counts_after.has(move.dst) || before.of(move.src).zero;
}

}  // namespace zext::jit
