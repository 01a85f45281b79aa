// What the plugin has to know of an instruction beforehand: where its effects will show.
//
//   Effects e = effects_of(0x00b50533);   // add a0, a0, a1: e.rd == 10
#pragma once

#include <cstdint>
#include <optional>

namespace zext::rtl_sim::qemu {

struct Effects {
  enum class Kind : uint8_t { kPlain, kMemory, kStoreConditional, kCsr };

  bool known = false;  // whether the instruction table has it
  Kind kind = Kind::kPlain;
  uint8_t rd = 0;    // register written, 0 for none
  uint16_t csr = 0;  // for kCsr

  // QEMU 7.2 computes rd wrongly for some operands: of ctzw it counts the zeros of all 64 bits when
  // the low 32 are zero.
  bool defective = false;
  uint8_t rs1 = 0;  // for defective ones
};

// `bits` as fetched; the upper half is ignored for a compressed instruction.
Effects effects_of(uint32_t bits);

// What a defective instruction has to write, by the instruction table, rs1 holding `operand`.
uint64_t correct_result(uint32_t bits, uint64_t operand);

// Where a load or store accesses memory.
struct Access {
  uint64_t address = 0;
  uint8_t bytes = 0;
};

// The access of a load or store with these registers; nullopt for any other instruction.
std::optional<Access> access_of(uint32_t bits, const uint64_t* gpr);

}  // namespace zext::rtl_sim::qemu
