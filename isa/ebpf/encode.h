// Instructions to slots: the decoder's inverse.
//
//   std::vector<Slot> program;
//   append({.op = Op::kMov64Imm, .dst = 0, .imm = Bits<64>::of(7)}, program);   // r0 = 7
//   append({.op = Op::kExit}, program);
#pragma once

#include <cstdint>
#include <vector>

#include "isa/ebpf/decode.h"
#include "isa/ebpf/insn.h"

namespace zext::ebpf {

// Whether `insn` has an encoding, and thus decode(encode(insn)) == insn: registers that exist, the
// immediate in range, and zero in every field that its row does not use.
bool encodable(const Instruction<>& insn);

// The first slot and, for LD_IMM64, the second one. What is not encodable() is truncated.
Slot first_slot(const Instruction<>& insn);
Slot second_slot(const Instruction<>& insn);

// Appends the one or two slots of `insn`.
void append(const Instruction<>& insn, std::vector<Slot>& program);

// The program that decode_program() made `code` from.
std::vector<Slot> encode_program(const Code& code);

}  // namespace zext::ebpf
