#include "rtl_sim/lockstep/random_code.h"

namespace zext::rtl_sim::lockstep {

using rv64::Instruction;
using rv64::Op;
using rv64::Reg;

uint64_t RandomCode::interesting() {
  switch (below(6)) {
    case 0:
      return 0 - below(3);
    case 1:
      return uint64_t{1} << below(64);
    case 2:
      return (uint64_t{1} << below(64)) - 1;
    case 3:
      return random_() << 32;
    case 4:
      return random_() >> 32;
    default:
      return random_();
  }
}

Instruction<> RandomCode::make(Op op, unsigned rd, unsigned rs1, unsigned rs2, uint64_t imm) {
  Instruction<> insn;
  insn.op = op;
  insn.rd = static_cast<Reg>(rd);
  insn.rs1 = static_cast<Reg>(rs1);
  insn.rs2 = static_cast<Reg>(rs2);
  insn.imm = Bits<64>::of(imm);
  return insn;
}

void RandomCode::append(std::vector<uint8_t>& bytes, uint32_t bits, unsigned count) {
  for (unsigned i = 0; i < count; ++i) bytes.push_back(bits >> 8 * i & 0xff);
}

// Eleven bits at a time, from the first that are not zero.
void RandomCode::load(std::vector<uint8_t>& bytes, unsigned rd, uint64_t value) {
  bool begun = false;
  for (const unsigned shift : {55u, 44u, 33u, 22u, 11u, 0u}) {
    const uint64_t part = value >> shift & 0x7ff;
    if (!begun && part == 0 && shift != 0) continue;
    if (begun) append(bytes, make(Op::kSlli, rd, rd, 0, 11));
    if (!begun || part != 0) append(bytes, make(Op::kAddi, rd, begun ? rd : 0, 0, part));
    begun = true;
  }
}

}  // namespace zext::rtl_sim::lockstep
