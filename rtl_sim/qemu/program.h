// Programs for tests, written instruction by instruction.
//
//   Program p;
//   p.add({.op = Op::kAddi, .rd = kA0, .imm = Bits<64>::of(5)}).exit(0);
//   qemu::run(p.image(), {});
#pragma once

#include <cstdint>
#include <vector>

#include "isa/rv64/insn.h"
#include "rtl_sim/image/image.h"

namespace zext::rtl_sim {

class Program {
 public:
  static constexpr uint64_t kBase = 0x8000'0000;
  static constexpr uint64_t kTohost = 0x8000'1000;

  // Appends an instruction, 32 bits wide.
  Program& add(const rv64::Instruction<>& insn);
  Program& add(rv64::Op op, unsigned rd, unsigned rs1, unsigned rs2, int64_t imm = 0);

  // Appends bits as they are: 16 for a compressed instruction.
  Program& add_bits(uint32_t bits, unsigned bytes);

  // Appends `li`: at most eight instructions.
  Program& load(unsigned rd, uint64_t value);

  // Appends the end: stores 2 * code + 1 to tohost, by way of t5 and t6, and stays there.
  Program& exit(uint32_t code);

  // Address of the next instruction.
  uint64_t here() const { return kBase + bytes_.size(); }

  // The program from kBase on, as far as kTohost at most.
  Image image() const;

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace zext::rtl_sim
