// Lowering of LD_IMM64 with a constant.
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/immediate.h"

namespace zext::jit {

// The register is the two halves of the instruction, side by side: neither extends into the other.
template <class E>
void lower_imm64(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  W value = insn.imm;
  if constexpr (E::kMutation == Mutation::kImm64LowHalfSignExtended) {
    value = shl(lshr(insn.imm, W::of(32)), W::of(32)) + sext<64>(trunc<32>(insn.imm));
  }
  if (!e.counts(insn.dst)) value = sext<64>(trunc<32>(value));
  move_constant(e, home(insn.dst), value);
}

}  // namespace zext::jit
