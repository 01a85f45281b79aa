// The assembler's words: one line of text to tokens. Private to asm.cc.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "isa/ebpf/asm.h"

namespace zext::ebpf::internal {

struct Token {
  enum class Kind : uint8_t { kEnd, kName, kNumber, kSymbol };

  Kind kind = Kind::kEnd;
  std::string_view text = {};
  uint32_t column = 1;
  uint64_t value = 0;  // kNumber, which has no sign
};

// The token as messages show it: "`r1`", "the end of the line".
std::string quoted(const Token& token);

// The tokens of `line`, less its comment, with one of kEnd last. Symbols are the table's operators
// and punctuation, the longest that matches.
std::expected<std::vector<Token>, AsmError> lex(std::string_view line, uint32_t line_number);

}  // namespace zext::ebpf::internal
