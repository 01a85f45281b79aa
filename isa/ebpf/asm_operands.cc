#include "isa/ebpf/asm_operands.h"

namespace zext::ebpf::internal {

std::optional<Register> register_named(std::string_view name) {
  if (name.size() < 2 || name.size() > 3 || (name[0] != 'r' && name[0] != 'w')) return std::nullopt;
  for (Reg i = 0; i < kRegisterCount; ++i) {
    if (name.substr(1) == std::to_string(unsigned{i})) {
      return Register{i, name[0] == 'r' ? 64u : 32u};
    }
  }
  return std::nullopt;
}

std::pair<Source, Register> Operands::operand_kind() {
  const auto src = register_named(peek().text);
  return {src ? Source::kRegister : Source::kImmediate, src.value_or(Register{})};
}

Place Operands::typed_place() {
  expect("(");
  return based_at(data_type());
}

Place Operands::data_type() {
  const Token token = next();
  expect("*");
  expect(")");
  for (const unsigned bytes : {1u, 2u, 4u, 8u}) {
    const std::string bits = std::to_string(8 * bytes);
    if (token.text == "u" + bits) return {.bytes = bytes};
    if (token.text == "s" + bits) return {.bytes = bytes, .is_signed = true};
  }
  fail_at(token, quoted(token) + " is no type", "use u8, u16, u32 or u64");
  return {};
}

Place Operands::based_at(Place type) {
  expect("(");
  address(type);
  expect(")");
  return type;
}

void Operands::address(Place& place) {
  place.base = reg(64).number;
  if (peek().text != "+" && peek().text != "-") return;
  place.offset = static_cast<int16_t>(in_range(integer(), -0x8000, 0x7fff));
}

Register Operands::reg(unsigned width) {
  const Token token = next();
  const auto found = register_named(token.text);
  if (!found || (width != 0 && found->width != width)) {
    fail_at(token, quoted(token) + " is not the register expected here",
            width == 32   ? "use w0 to w10"
            : width == 64 ? "use r0 to r10"
                          : "use r0 to r10, or w0 to w10 for 32 bits");
    return {};
  }
  return *found;
}

Register Operands::narrow_reg(unsigned bytes) {
  const Register found = reg();
  check_narrow(found, bytes);
  return found;
}

void Operands::check_narrow(const Register& found, unsigned bytes) {
  if (found.width == 32 && bytes == 8) {
    fail("a w register where 64 bits are used", "use its r name");
  }
}

void Operands::same_register(const Register& dst) {
  const Token token = peek();
  const Register other = reg(dst.width);
  if (other.number != dst.number) {
    fail_at(token, "this operation works in place", "name the same register on both sides");
  }
}

Bits<64> Operands::immediate(unsigned width) {
  if (width == 128) return Bits<64>::of(static_cast<uint64_t>(integer(true)));
  const Token at = peek();
  const int64_t value = integer();
  const int64_t highest = width == 32 ? 0xffff'ffffLL : 0x7fff'ffffLL;
  if (value < -0x8000'0000LL || value > highest) {
    fail_at(at, "the immediate does not fit in 32 bits",
            "load it with `rN = VALUE ll`; 64-bit operations sign-extend their immediate");
  }
  return sext<64>(Bits<32>::of(static_cast<uint64_t>(value)));
}

int64_t Operands::integer(bool wide) {
  const bool negative = peek().text == "-";
  if (negative || peek().text == "+") ++at_;
  const Token token = next();
  if (token.kind != Token::Kind::kNumber) {
    fail_at(token, "a number is expected, not " + quoted(token), "write it decimal or as 0x1f");
    return 0;
  }
  const uint64_t limit = uint64_t{1} << 63;
  if ((negative && token.value > limit) || (!negative && !wide && token.value >= limit)) {
    fail_at(token, "the number is out of range", "64 bits are the limit");
    return 0;
  }
  return static_cast<int64_t>(negative ? 0 - token.value : token.value);
}

int64_t Operands::in_range(int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return value;
  fail_at(tokens_[at_ - 1], "the number is out of range",
          "it must be between " + std::to_string(low) + " and " + std::to_string(high));
  return 0;
}

bool Operands::wide_follows() const {
  for (size_t i = at_; i < tokens_.size(); ++i) {
    if (tokens_[i].text == "ll") return true;
  }
  return false;
}

Token Operands::next() {
  const Token token = peek();
  if (token.kind != Token::Kind::kEnd) ++at_;
  return token;
}

bool Operands::accept(std::string_view text) {
  if (peek().kind == Token::Kind::kEnd || peek().text != text) return false;
  ++at_;
  return true;
}

void Operands::expect(std::string_view text) {
  if (accept(text)) return;
  fail("expected `" + std::string(text) + "`, found " + quoted(peek()),
       "see the syntax in isa/ebpf/README.md");
}

void Operands::fail(std::string what, std::string hint) {
  fail_at(peek(), std::move(what), std::move(hint));
}

void Operands::fail_at(const Token& token, std::string what, std::string hint) {
  if (!error_) error_ = AsmError{line_, token.column, std::move(what), std::move(hint)};
}

}  // namespace zext::ebpf::internal
