// Line table: .debug_line, which source line each address belongs to (DWARF 5, section 6.2).
//
//   const SourceFiles files(units);
//   write_line_table(file.add(".debug_line"), text.symbol, units, files);
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "jit/elf/section.h"
#include "jit/elf/unit.h"

namespace zext::jit::elf {

// The C files that the units' lines are of, numbered from 0 as they are met.
class SourceFiles {
 public:
  explicit SourceFiles(std::span<const Unit> units);

  // At least one: where no unit has a line, its program's name.
  const std::vector<std::string_view>& names() const { return names_; }
  uint32_t number_of(std::string_view name) const;

 private:
  std::vector<std::string_view> names_;
  std::unordered_map<std::string_view, uint32_t> numbers_;
};

// One sequence a unit, with a row for each change of line. Code without a line has line 0. The
// ends of prologues and the begins of epilogues are marked for debuggers.
void write_line_table(Section& out, SymbolIndex text, std::span<const Unit> units,
                      const SourceFiles& files);

}  // namespace zext::jit::elf
