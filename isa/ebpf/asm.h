// Text to slots: reads what disasm.h (and llvm-objdump) writes.
//
//   auto program = assemble(R"(
//       r0 = 0
//     loop:                      // labels, for branches and local calls
//       r0 += r1                 # comments: `;`, `//`, `#` to the end of the line
//       r1 -= 1                  ; numbers: decimal or hexadecimal
//       if r1 != 0 goto loop
//       exit)");
//   if (!program) return describe(program.error());    // "line 3, column 9: ..."
//
// One instruction a line. A branch goes to a label or a displacement in slots (`goto +0x3`).
// Beyond LLVM's syntax: `call NAME` and `call local +3` (a function of this program), `call btf 7`
// and `call btf 7, 1` (a kernel function, of a module), `ld_pseudo r1, 6, 2, 8` (with upper half),
// `ld_pseudo r1, 4, NAME` (a function's address), `r0 = *(u8 *)skb[r1 + 4]`.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "isa/ebpf/insn.h"

namespace zext::ebpf {

struct AsmError {
  uint32_t line = 1;  // both from 1
  uint32_t column = 1;
  std::string what;
  std::string hint;
};

// One line: place, what is wrong, how to mend it.
std::string describe(const AsmError& error);

// The program of `text`. Each instruction is one that decode() accepts; whether the program as a
// whole makes sense is decode_program's to say.
std::expected<std::vector<Slot>, AsmError> assemble(std::string_view text);

}  // namespace zext::ebpf
