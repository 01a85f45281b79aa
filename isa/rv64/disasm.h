// From instructions to assembly text, as `llvm-objdump -d -M no-aliases` prints it.
//
//   disassemble(*decode(0x00150513), 0);                  // "addi a0, a0, 0x1"
//   disassemble(*decode(0x0505), 0);                      // "c.addi a0, 0x1"
//   disassemble(*decode(0xfe000ee3), 0x28);               // "beq zero, zero, 0x24"
#pragma once

#include <cstdint>
#include <string>

#include "isa/rv64/decode.h"
#include "isa/rv64/insn.h"

namespace zext::rv64 {

// The base instruction's text; `pc`, its address, turns offsets of branches into addresses.
std::string disassemble(const Instruction<>& insn, uint64_t pc);

// Likewise, but a compressed instruction gets its own mnemonic.
std::string disassemble(const Decoded& decoded, uint64_t pc);

}  // namespace zext::rv64
