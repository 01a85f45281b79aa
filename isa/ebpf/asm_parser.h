// The assembler's grammar: one line of text to labels and an instruction. Private to asm.cc.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/insn.h"

namespace zext::ebpf::internal {

struct Label {
  std::string_view name;
  uint32_t line = 1;
  uint32_t column = 1;
  uint32_t slot = 0;
};

// A use of a label; `slot` is that of the instruction.
struct Reference {
  std::string_view name;
  uint32_t line = 1;
  uint32_t column = 1;
  uint32_t slot = 0;
  bool in_immediate = false;  // the distance goes to the immediate, not to the offset
};

struct Statement {
  std::vector<Label> labels;
  std::optional<Instruction<>> insn;
  uint32_t column = 1;  // of the instruction
  std::optional<Reference> reference;
};

std::expected<Statement, AsmError> parse(std::string_view line, uint32_t line_number);

}  // namespace zext::ebpf::internal
