// Debug information: .debug_info and .debug_abbrev, the functions and where eBPF's registers are
// (DWARF 5, chapter 7).
//
//   write_debug_info({.info = file.add(".debug_info"), .abbreviations = ..., ...}, units, files);
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "jit/elf/line_table.h"
#include "jit/elf/section.h"
#include "jit/elf/unit.h"

namespace zext::jit::elf {

struct DebugSections {
  Section& info;
  Section& abbreviations;
  const Section& lines;
  const Section& text;
};

// One unit of C, with each function's name, place and line; in each function r0 to r10 as
// variables of 64 bits.
void write_debug_info(const DebugSections& sections, std::span<const Unit> units,
                      const SourceFiles& files);

}  // namespace zext::jit::elf
