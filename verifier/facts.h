// Facts: what is known of a register at an instruction, as plain data for whoever comes after.
//
//   const RegisterFact& r0 = invariant.registers[0];
//   if (r0.type == Type::kNumber && is_constant(r0.value)) ...
//
// The verifier's verdict carries them: with a rejection for its message, and for each instruction
// as invariants.
#pragma once

#include <array>
#include <cstdint>

#include "isa/ebpf/insn.h"
#include "verifier/domain/scalar.h"
#include "verifier/type.h"
#include "word/bits.h"

namespace zext::verifier {

struct Map;

using Number = Scalar<Bits<64>>;

struct RegisterFact {
  Type type = Type::kUninitialised;
  uint8_t frame = 0;         // kStack: whose, 0 for the entry function's
  uint8_t structure = 0;     // kStructure: its StructureId
  bool nullable = false;     // a pointer that may be 0 instead
  uint32_t detail = 0;       // kObject: BTF type; kFunction: first slot; kRegion: bytes;
                             // kPerCpu: as what is behind it
  const Map* map = nullptr;  // kMap, kMapKey, kMapValue
  Number value = Number::top();
};

using RegisterFacts = std::array<RegisterFact, ebpf::kRegisterCount>;

// What holds whenever execution stands before an instruction.
struct Invariant {
  bool reachable = false;
  RegisterFacts registers;
};

}  // namespace zext::verifier
