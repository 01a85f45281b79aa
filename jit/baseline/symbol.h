// Addresses from where the code is: auipc and addi.
//
//   address_from_here(e, rv64::kA0, W::of(target - pc));     // auipc a0, high; addi a0, a0, low
//
// An address outside the program is a constant, and load_immediate would do; but code that knows
// its own place gets to anything within 2 GiB of it by two instructions.
#pragma once

#include <cstdint>

#include "jit/baseline/emitter.h"
#include "jit/baseline/immediate.h"

namespace zext::jit {

// Whether the pair gets `distance` bytes from its auipc. Not quite 32 signed bits: the addend's
// sign is made good in the high part.
template <Word W>
constexpr typename W::Bool reached_from_here(W distance) {
  return fits_signed(32, distance + W::of(0x800));
}

// Whether a place `distance` bytes after the start of a text of at most `text_bytes` (below 2 GiB)
// is reached from all of the text.
template <Word W>
constexpr typename W::Bool reached_from_text(W distance, uint64_t text_bytes) {
  constexpr uint64_t kAlways = (uint64_t{1} << 31) - (uint64_t{1} << 12);  // at either side
  const W behind = W::of(kAlways - text_bytes);
  return ult(distance + behind, behind + behind);
}

// rd = the address `distance` bytes after that of the first instruction; both take four bytes.
template <class E, Word W>
void address_from_here(E& e, rv64::Reg rd, W distance) {
  const W low = low12(distance);
  W high = distance - low;
  if constexpr (E::kMutation == Mutation::kAddressCarryForgotten) {
    high = shl(ashr(distance, W::of(12)), W::of(12));
  }
  e.add_imm(rv64::Op::kAuipc, rd, rv64::kZero, high);
  e.add_imm(rv64::Op::kAddi, rd, rd, low);
}

}  // namespace zext::jit
