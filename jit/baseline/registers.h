// Where eBPF's registers live on RV64.
//
//   home(1) == rv64::kA0         // a helper's first argument is already in place
//
// r1 to r5 are the calling convention's a0 to a4, so that a helper call moves nothing but its
// result; r0 is a5; r6 to r9 are callee-saved as eBPF wants. r0 to r7 are all in the eight
// registers that compressed instructions name. r10 needs no register: it is sp plus a constant, and
// an access to the stack becomes one of sp, for which there are compressed forms.
#pragma once

#include <cstdint>

#include "isa/ebpf/insn.h"
#include "isa/rv64/insn.h"

namespace zext::jit {

inline constexpr rv64::Reg kHomes[] = {rv64::kA5, rv64::kA0, rv64::kA1, rv64::kA2, rv64::kA3,
                                       rv64::kA4, rv64::kS0, rv64::kS1, rv64::kS2, rv64::kS3,
                                       rv64::kSp, rv64::kT3, rv64::kT0};
inline constexpr unsigned kHomeCount = 10;

// Operands of an instruction that are no registers of eBPF's, in kHomes: a blinded program's
// constant and its address (blinding.h).
inline constexpr ebpf::Reg kConstantOperand = 11;
inline constexpr ebpf::Reg kAddressOperand = 12;

// The register that holds eBPF's r0 to r9.
constexpr rv64::Reg home(ebpf::Reg reg) { return kHomes[reg]; }

// Scratch registers of a lowering; nothing lives in them between two eBPF instructions.
inline constexpr rv64::Reg kScratch = rv64::kT0;   // an operand: a constant, an address, r10
inline constexpr rv64::Reg kScratch2 = rv64::kT1;  // a second one
inline constexpr rv64::Reg kScratch3 = rv64::kT2;

// Points to the count of tail calls (jit/baseline/tail_call.h): no lowering but that one writes it.
inline constexpr rv64::Reg kTailCounter = rv64::kT6;

// eBPF registers as a set.
class RegisterSet {
 public:
  constexpr bool has(ebpf::Reg reg) const { return (bits_ >> reg & 1) != 0; }
  constexpr void put(ebpf::Reg reg, bool member) {
    const auto bit = static_cast<uint16_t>(1u << reg);
    bits_ = static_cast<uint16_t>(member ? bits_ | bit : bits_ & ~bit);
  }
  // As bits by register.
  constexpr unsigned bits() const { return bits_; }
  static constexpr RegisterSet of(unsigned bits) {
    RegisterSet set;
    set.bits_ = static_cast<uint16_t>(bits);
    return set;
  }
  friend constexpr RegisterSet operator&(RegisterSet a, RegisterSet b) {
    return of(a.bits() & b.bits());
  }
  friend constexpr RegisterSet operator|(RegisterSet a, RegisterSet b) {
    return of(a.bits() | b.bits());
  }
  friend constexpr bool operator==(RegisterSet, RegisterSet) = default;

 private:
  uint16_t bits_ = 0;
};

inline constexpr RegisterSet kAllRegisters = RegisterSet::of((1u << kHomeCount) - 1);

}  // namespace zext::jit
