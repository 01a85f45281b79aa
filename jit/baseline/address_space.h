// Lowerings of casts between address spaces (Linux: BPF arenas; space 0 is the kernel's, where an
// arena's pointers are 32 bits, space 1 the user's).
//
//   lower_cast_to_kernel(e, insn);         // r1 = addr_space_cast(r2, 0, 1)
//   lower_cast_to_user(e, insn, base);     // r1 = addr_space_cast(r2, 1, 0)
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/extend.h"
#include "jit/baseline/immediate.h"

namespace zext::jit {

// Immediates of the two casts.
inline constexpr uint64_t kCastToKernel = 1, kCastToUser = 0x10000;

// dst = the low half of src.
template <class E>
void lower_cast_to_kernel(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  zero_extend(e, home(insn.dst), e.read(insn.src, kScratch));
}

// dst = the arena's user address of src's low half; null stays null. The low half of `base` is
// zero.
template <class E, Word W>
void lower_cast_to_user(E& e, const ebpf::Instruction<W>& insn, W base) {
  const rv64::Reg d = home(insn.dst);
  lower_cast_to_kernel(e, insn);
  load_immediate(e, kScratch, base);
  if constexpr (E::kMutation == Mutation::kNullIsCast) return e.add(rv64::Op::kOr, d, d, kScratch);
  const auto null = e.branch(rv64::Op::kBeq, d, rv64::kZero);
  e.add(rv64::Op::kOr, d, d, kScratch);
  e.land(null);
}

}  // namespace zext::jit
