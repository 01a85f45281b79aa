// File: sections and symbols as a relocatable ELF file for RV64.
//
//   File file(EF_RISCV_RVC);
//   Section& text = file.add(".text");
//   text.append(code);
//   file.add({.name = "filter", .section = text.number, .size = 120, .type = STT_FUNC,
//             .binding = STB_GLOBAL});
//   auto bytes = file.write();
#pragma once

#include <elf.h>

#include <cstdint>
#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "jit/elf/section.h"
#include "object/error.h"

namespace zext::jit::elf {

struct Symbol {
  std::string name;
  uint32_t section = SHN_UNDEF;  // Section::number, or SHN_ABS
  uint64_t value = 0;
  uint64_t size = 0;
  uint8_t type = STT_NOTYPE;
  uint8_t binding = STB_LOCAL;
};

class File {
 public:
  // `flags`: EF_RISCV_*.
  explicit File(uint32_t flags) : flags_(flags) {}

  // An empty section, which stays where it is; and a symbol for its begin.
  Section& add(std::string_view name);
  SymbolIndex add(Symbol symbol);

  // Errors: what the operating system says where no temporary file can be had.
  std::expected<std::vector<uint8_t>, object::Error> write() const;

 private:
  uint32_t flags_;
  std::deque<Section> sections_;
  std::vector<Symbol> symbols_;
};

}  // namespace zext::jit::elf
