// Shared by the tests of this folder: instructions at every row with every edge operand.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "isa/ebpf/encode.h"
#include "isa/ebpf/fields.h"

namespace zext::ebpf::testing {

// What can be written in the free fields of `row`, each with each.
inline std::vector<Instruction<>> edge_instructions(const Row& row) {
  const Fields fields = fields_of(row);
  const std::vector<Reg> dsts = fields.dst ? std::vector<Reg>{0, 1, 9, 10} : std::vector<Reg>{0};
  const std::vector<Reg> srcs = fields.src ? std::vector<Reg>{0, 2, 10} : std::vector<Reg>{0};
  const std::vector<int16_t> offsets =
      fields.offset ? std::vector<int16_t>{0, 4, -4, 0x7fff, -0x8000} : std::vector<int16_t>{0};
  std::vector<uint64_t> imms = {0};
  if (fields.imm) imms = {0, 5, 16, uint64_t(-1), 0x7fff'ffff, uint64_t(-0x8000'0000LL)};
  if (row.kind == Kind::kImm64) imms = {0, 5, 0x8000'0000, 0xffff'ffff};
  if (row.wide_immediate) {
    imms.insert(imms.end(), {0x1234'5678'9abc'def0, uint64_t(-1), uint64_t{1} << 63});
  }
  std::vector<Instruction<>> result;
  for (const Reg dst : dsts) {
    for (const Reg src : srcs) {
      for (const int16_t offset : offsets) {
        for (const uint64_t imm : imms) {
          const Instruction<> insn{
              .op = row.op, .dst = dst, .src = src, .offset = offset, .imm = Bits<64>::of(imm)};
          if (encodable(insn)) result.push_back(insn);
        }
      }
    }
  }
  return result;
}

inline bool equal(const Instruction<>& a, const Instruction<>& b) {
  return a.op == b.op && a.dst == b.dst && a.src == b.src && a.offset == b.offset && a.imm == b.imm;
}

}  // namespace zext::ebpf::testing
