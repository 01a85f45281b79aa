#include "isa/ebpf/encode.h"

namespace zext::ebpf {

bool encodable(const Instruction<>& insn) {
  const Row& row = insn.row();
  const Fields fields = fields_of(row);
  const auto valid = [](bool used, bool written, Reg reg) {
    if (!used) return reg == 0;
    return reg < kRegisterCount && !(written && reg == kFramePointer);
  };
  if (!valid(fields.dst, fields.dst_written, insn.dst)) return false;
  if (!valid(fields.src, fields.src_written, insn.src)) return false;
  if (!fields.offset && insn.offset != 0) return false;
  if (!fields.imm) return insn.imm == Bits<64>();
  if (row.kind != Kind::kImm64) return sext<64>(trunc<32>(insn.imm)) == insn.imm;
  return row.wide_immediate || zext<64>(trunc<32>(insn.imm)) == insn.imm;
}

Slot first_slot(const Instruction<>& insn) {
  const Row& row = insn.row();
  const Fields fields = fields_of(row);
  const unsigned src = fields.src ? insn.src : row.src_field;
  return {.opcode = row.opcode,
          .registers = static_cast<uint8_t>((insn.dst & 0xf) | src << 4),
          .offset = fields.offset ? insn.offset : row.offset_field,
          .imm = fields.imm ? static_cast<int32_t>(trunc<32>(insn.imm).value()) : row.imm_field};
}

Slot second_slot(const Instruction<>& insn) {
  return {.imm = static_cast<int32_t>(extract<63, 32>(insn.imm).value())};
}

void append(const Instruction<>& insn, std::vector<Slot>& program) {
  program.push_back(first_slot(insn));
  if (insn.slots() == 2) program.push_back(second_slot(insn));
}

std::vector<Slot> encode_program(const Code& code) {
  std::vector<Slot> program;
  program.reserve(code.size());
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) append(code.insns[pc], program);
  return program;
}

}  // namespace zext::ebpf
