#include "rtl_sim/qemu/program.h"

#include <cstdlib>

#include "isa/rv64/encode.h"

namespace zext::rtl_sim {

using rv64::Op;

Program& Program::add(const rv64::Instruction<>& insn) {
  if (!rv64::encodable(insn)) std::abort();  // a mistake in the test itself
  return add_bits(rv64::encode(insn), 4);
}

Program& Program::add(Op op, unsigned rd, unsigned rs1, unsigned rs2, int64_t imm) {
  rv64::Instruction<> insn;
  insn.op = op;
  insn.rd = static_cast<rv64::Reg>(rd);
  insn.rs1 = static_cast<rv64::Reg>(rs1);
  insn.rs2 = static_cast<rv64::Reg>(rs2);
  insn.imm = Bits<64>::of(static_cast<uint64_t>(imm));
  return add(insn);
}

Program& Program::add_bits(uint32_t bits, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) bytes_.push_back(bits >> 8 * i & 0xff);
  return *this;
}

Program& Program::load(unsigned rd, uint64_t value) {
  // The upper 32 bits first, then the rest in pieces that need no correction.
  const auto upper = static_cast<int32_t>(value >> 32);
  const auto low12 = static_cast<int64_t>(static_cast<uint64_t>(upper) << 52) >> 52;
  const auto high20 = static_cast<int32_t>(static_cast<uint32_t>(upper) - low12);
  add(Op::kLui, rd, 0, 0, high20);
  add(Op::kAddiw, rd, rd, 0, low12);
  for (const unsigned shift : {21u, 10u}) {
    add(Op::kSlli, rd, rd, 0, 11);
    add(Op::kAddi, rd, rd, 0, static_cast<int64_t>(value >> shift & 0x7ff));
  }
  add(Op::kSlli, rd, rd, 0, 10);
  return add(Op::kAddi, rd, rd, 0, static_cast<int64_t>(value & 0x3ff));
}

Program& Program::exit(uint32_t code) {
  load(rv64::kT5, 2 * uint64_t{code} + 1);
  const uint64_t at = here();
  add(Op::kAuipc, rv64::kT6, 0, 0, kTohost - kBase);  // at + the distance of the two pages
  add(Op::kSd, 0, rv64::kT6, rv64::kT5, -static_cast<int64_t>(at - kBase));
  return add(Op::kJal, 0, 0, 0, 0);
}

Image Program::image() const {
  if (bytes_.size() > kTohost - kBase) std::abort();
  Image image;
  image.segments.push_back({.address = kBase, .bytes = bytes_, .size = 0, .executable = true});
  image.entry = kBase;
  image.tohost = kTohost;
  return image;
}

}  // namespace zext::rtl_sim
