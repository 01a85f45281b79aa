// Lowerings around calls: a call of an address in a register, and what follows a call of C code.
//
//   lower_callx(e, insn);      // callx r3  ->  jalr a2; mv a5, a0
//
// Arguments are in place (registers.h). C functions, and those of the program that something else
// than a local call may enter, return in a0; all of the program's return in r0's home.
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/emitter.h"

namespace zext::jit {

// r0 = what a function returned in a0.
template <class E>
void emit_result(E& e) {
  if constexpr (E::kMutation == Mutation::kResultNotMoved) return;
  e.move(home(0), rv64::kA0);
}

template <class E>
void lower_callx(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  const rv64::Reg target = e.read(insn.dst, kScratch2);
  const rv64::Reg link = E::kMutation == Mutation::kCallxLinksNowhere ? rv64::kZero : rv64::kRa;
  e.add_imm(rv64::Op::kJalr, link, target, W::of(0));
  emit_result(e);
}

}  // namespace zext::jit
