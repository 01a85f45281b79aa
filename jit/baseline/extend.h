// Zero extension: what eBPF's 32-bit results need where their upper halves count, and RV64's do not
// give.
//
//   zero_extend(e, kA0, kA1);     // slli a0, a1, 32; srli a0, a0, 32, or with Zba one add.uw
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/emitter.h"

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

// d = s, a 32-bit result of which `known` is known, as its user wants it.
template <class E>
void finish_word(E& e, rv64::Reg d, rv64::Reg s, Upper known, bool counts) {
  counts && !known.zero ? zero_extend(e, d, s) : e.move(d, s);
}

}  // namespace zext::jit
