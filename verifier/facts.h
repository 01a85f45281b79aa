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

struct Map;

using Number = Scalar<Bits<64>>;

// What a register or stack slot holds. A pointer's value is its offset from the region's origin,
// in two's complement: data for kPacket and kPacketEnd, data_meta, the frame pointer, the buffer,
// the first byte of whatever else it points to.
enum class Type : uint8_t {
  kUninitialised,  // anything; must not be read
  kNumber,
  kContext,
  kPacket,
  kPacketEnd,
  kPacketMeta,
  kStack,
  kMemory,     // the buffer that the program is given
  kMap,        // a map itself, as helpers take it
  kMapKey,     // a key of a map, in a callback
  kMapValue,   //
  kRegion,     // memory of `size` bytes: a record of a ring buffer, what a pointer parameter of
               // a global function points to
  kStructure,  // an object of the host, by fields: a socket
  kObject,     // an object of the kernel, by BTF type; its loads are probed
  kPerCpu,     // a kernel variable of which there is one for each CPU
  kTracepointBuffer,  // the writable arguments of a raw tracepoint
  kFunction,          // a function of the program
};

constexpr bool is_pointer(Type type) { return type > Type::kNumber; }

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
