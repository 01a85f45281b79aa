// Frame table: .debug_frame, by which debuggers unwind (DWARF 5, section 6.4).
//
//   write_frame_table(file.add(".debug_frame"), text.symbol, units);
#pragma once

#include <span>

#include "jit/elf/section.h"
#include "jit/elf/unit.h"

namespace zext::jit::elf {

// One entry a function, right at each of its instructions: where the caller's sp is, and in which
// places of the frame ra and the callee-saved registers are.
void write_frame_table(Section& out, SymbolIndex text, std::span<const Unit> units);

}  // namespace zext::jit::elf
