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
#include "word/bits.h"

namespace zext::verifier {

using Number = Scalar<Bits<64>>;

// What a register or stack slot holds. A pointer's value is its offset from the region's origin,
// in two's complement: data for kPacket and kPacketEnd, data_meta, the frame pointer, the buffer.
enum class Type : uint8_t {
  kUninitialised,  // anything; must not be read
  kNumber,
  kContext,
  kPacket,
  kPacketEnd,
  kPacketMeta,
  kStack,
  kMemory,
};

constexpr bool is_pointer(Type type) { return type > Type::kNumber; }

struct RegisterFact {
  Type type = Type::kUninitialised;
  uint8_t frame = 0;  // kStack: whose, 0 for the entry function's
  Number value = Number::top();
};

using RegisterFacts = std::array<RegisterFact, ebpf::kRegisterCount>;

// What holds whenever execution stands before an instruction.
struct Invariant {
  bool reachable = false;
  RegisterFacts registers;
};

}  // namespace zext::verifier
