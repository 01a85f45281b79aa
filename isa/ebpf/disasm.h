// Instructions to text, as llvm-objdump prints them.
//
//   disassemble({.op = Op::kAdd64Imm, .dst = 1, .imm = Bits<64>::of(5)}, pc);   // "r1 += 0x5"
//
// asm.h reads it back.
#pragma once

#include <cstdint>
#include <string>

#include "isa/ebpf/insn.h"

namespace zext::ebpf {

enum class Style : uint8_t {
  // The text of `llvm-objdump-19 -d`; of `--mcpu=v4` for 32-bit atomics, which need it; and LLVM
  // 20's for load_acquire and store_release, which are new there.
  kLlvm,
  // The same, with what LLVM leaves out: which kind of call, the upper half of a pseudo immediate,
  // the constant in an indirect packet load; and a comment with the slot a branch goes to.
  // assemble() gives the same instruction again.
  kExact,
};

// One line without its end, for the instruction at slot `pc`.
std::string disassemble(const Instruction<>& insn, uint32_t pc, Style style = Style::kLlvm);

}  // namespace zext::ebpf
