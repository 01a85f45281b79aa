#include "isa/ebpf/asm_lexer.h"

#include <optional>

namespace zext::ebpf::internal {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '$';
}
bool is_name(char c) { return is_name_start(c) || is_digit(c); }

std::string_view without_comment(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ';' || line[i] == '#' || line.substr(i, 2) == "//") return line.substr(0, i);
  }
  return line;
}

constexpr std::string_view kPunctuation[] = {"(", ")", "[", "]", ",", ":",
                                             "*", "=", "+", "-", "<", ">"};

// Length of the longest symbol that `text` begins with, 0 if none.
size_t symbol_length(std::string_view text) {
  size_t longest = 0;
  const auto consider = [&](std::string_view symbol) {
    if (symbol.size() > longest && text.starts_with(symbol)) longest = symbol.size();
  };
  for (const std::string_view symbol : kPunctuation) consider(symbol);
  for (const Row& row : kRows) {
    const std::string_view symbol = row.symbol;
    // An operator, not the name of an atomic function.
    if (!symbol.empty() && !is_name(symbol.back())) consider(symbol);
  }
  return longest;
}

std::optional<unsigned> digit_of(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// The value of "12" or "0x1f"; nullopt for a malformed number or one beyond 64 bits.
std::optional<uint64_t> value_of(std::string_view text) {
  unsigned base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  if (text.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    const auto digit = digit_of(c);
    if (!digit || *digit >= base) return std::nullopt;
    if (__builtin_mul_overflow(value, uint64_t{base}, &value) ||
        __builtin_add_overflow(value, uint64_t{*digit}, &value)) {
      return std::nullopt;
    }
  }
  return value;
}

}  // namespace

std::string quoted(const Token& token) {
  if (token.kind == Token::Kind::kEnd) return "the end of the line";
  return "`" + std::string(token.text) + "`";
}

std::expected<std::vector<Token>, AsmError> lex(std::string_view line, uint32_t line_number) {
  line = without_comment(line);
  std::vector<Token> tokens;
  size_t at = 0;
  while (true) {
    while (at < line.size() && is_space(line[at])) ++at;
    const std::string_view rest = line.substr(at);
    Token token{.column = static_cast<uint32_t>(at + 1)};
    size_t length = 0;
    if (!rest.empty()) {
      length = symbol_length(rest);  // before names: `s>=`, but not the `s` of a name
      token.kind = Token::Kind::kSymbol;
    }
    if (length == 0 && !rest.empty() && (is_name_start(rest[0]) || is_digit(rest[0]))) {
      token.kind = is_digit(rest[0]) ? Token::Kind::kNumber : Token::Kind::kName;
      while (length < rest.size() && is_name(rest[length])) ++length;
    }
    token.text = rest.substr(0, length);
    if (token.kind == Token::Kind::kNumber) {
      const auto value = value_of(token.text);
      if (!value) {
        return std::unexpected(AsmError{line_number, token.column,
                                        "`" + std::string(token.text) + "` is not a number",
                                        "write 64 bits at most, decimal or as 0x1f"});
      }
      token.value = *value;
    }
    if (!rest.empty() && length == 0) {
      return std::unexpected(AsmError{line_number, token.column,
                                      std::string("unexpected character `") + rest[0] + "`",
                                      "see the syntax in isa/ebpf/README.md"});
    }
    tokens.push_back(token);
    if (rest.empty()) return tokens;
    at += length;
  }
}

}  // namespace zext::ebpf::internal
