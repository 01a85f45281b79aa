// Transfers of control by address: what reaches anywhere in the 64-bit space.
//
//   if (pair_reaches(distance)) go_relative(e, kRa, kRa, distance);   // auipc ra; jalr ra
//   else call_absolute(e, address);                                   // li t1; jalr ra, t1
//
// A distance is the target less the address of the transfer's first instruction, modulo 2^64, as
// the machine adds it: text near the top of the address space reaches a helper near its bottom.
// auipc adds a multiple of 4 KiB and the next instruction 12 signed bits, so the pair reaches from
// -2^31 - 2^11 to 2^31 - 2^11 - 1 (manual, section 4.2.1). Targets are even: jalr clears bit 0.
#pragma once

#include "jit/baseline/emitter.h"
#include "jit/baseline/immediate.h"

namespace zext::jit {

// Whether jal, or auipc and a second instruction, reaches what is `distance` bytes after it.
template <Word W>
constexpr typename W::Bool jal_reaches(W distance) {
  return fits_signed(21, distance);
}
template <Word W>
constexpr typename W::Bool pair_reaches(W distance) {
  return fits_signed(32, distance - low12(distance));
}

namespace internal {

// What auipc adds, so that the second instruction's low12(distance) is left.
template <class E, Word W>
W upper_part(W distance) {
  if constexpr (E::kMutation == Mutation::kFarLowUnsigned) return distance & ~W::of(0xfff);
  return distance - low12(distance);
}

}  // namespace internal

// Two instructions: to `distance`, which pair_reaches, with the address after them in `link`.
// `through` is clobbered.
template <class E, Word W>
void go_relative(E& e, rv64::Reg link, rv64::Reg through, W distance) {
  e.add_imm(rv64::Op::kAuipc, through, rv64::kZero, internal::upper_part<E>(distance));
  e.add_imm(rv64::Op::kJalr, link, through, low12(distance));
}

// A call of what is at `address`, from anywhere. Clobbers kScratch2.
template <class E, Word W>
void call_absolute(E& e, W address) {
  load_immediate(e, kScratch2, address - low12(address));
  e.add_imm(rv64::Op::kJalr, rv64::kRa, kScratch2, low12(address));
}

}  // namespace zext::jit
