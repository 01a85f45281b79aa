// What the plugin has to know of an instruction beforehand: where its effects will show.
//
//   Effects e = effects_of(0x00b50533);   // add a0, a0, a1: e.rd == 10
#pragma once

#include <cstdint>
#include <optional>

namespace zext::rtl_sim::qemu {

struct Effects {
  enum class Kind : uint8_t { kPlain, kMemory, kAtomic, kStoreConditional, kCsr, kWait };

  bool known = false;  // whether the instruction table has it
  Kind kind = Kind::kPlain;
  uint8_t rd = 0;          // register written, 0 for none
  uint16_t csr = 0;        // for kCsr
  bool csr_write = false;  // for kCsr: not only read
  uint8_t bytes = 0;       // for kAtomic (AMO and LR) and kStoreConditional; at the address in rs1
  bool reserves = false;   // for kAtomic: it is an LR, which stores nothing

  // QEMU 7.2 computes rd wrongly for some operands: of ctzw it counts the zeros of all 64 bits when
  // the low 32 are zero.
  bool defective = false;
  uint8_t rs1 = 0;  // for defective ones and atomics
};

// `bits` as fetched; the upper half is ignored for a compressed instruction.
Effects effects_of(uint32_t bits);

// What a defective instruction has to write, by the instruction table, rs1 holding `operand`.
uint64_t correct_result(uint32_t bits, uint64_t operand);

// CSRs whose value is the implementation's choice, or depends on time: mip and sip, identity
// registers, and all counters with what they count.
constexpr bool implementation_defined(uint16_t csr) {
  return csr == 0x344 || csr == 0x144 || (csr >= 0x320 && csr < 0x340) ||
         (csr >= 0xb00 && csr < 0xb20) || (csr >= 0xc00 && csr < 0xc20) ||
         (csr >= 0xf11 && csr <= 0xf15);
}

// Where a load or store accesses memory.
struct Access {
  uint64_t address = 0;
  uint8_t bytes = 0;
};

// The access of a load or store with these registers; nullopt for any other instruction.
std::optional<Access> access_of(uint32_t bits, const uint64_t* gpr);

// What a store with these registers writes; 0 for any other instruction.
uint64_t store_value(uint32_t bits, const uint64_t* gpr);

}  // namespace zext::rtl_sim::qemu
