// The assembler's operands: what its grammar is made of, read from one line's tokens. Private to
// asm_parser.cc.
//
// The first error sticks; what is read after it does not matter, so that a grammar rule need not
// look after each word.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "isa/ebpf/asm.h"
#include "isa/ebpf/asm_lexer.h"
#include "isa/ebpf/insn.h"

namespace zext::ebpf::internal {

struct Register {
  Reg number = 0;
  unsigned width = 64;  // 32 for w0 to w10
};

// r0 to r10 and w0 to w10.
std::optional<Register> register_named(std::string_view name);

// An operand in memory: "(u32 *)(r1 + 4)".
struct Place {
  unsigned bytes = 0;
  bool is_signed = false;
  Reg base = 0;
  int16_t offset = 0;
};

class Operands {
 protected:
  Operands(std::vector<Token> tokens, uint32_t line) : tokens_(std::move(tokens)), line_(line) {}

  // Whether an operand is a register, seen from its first token.
  std::pair<Source, Register> operand_kind();
  // "(u32 *)(r1 + 4)"
  Place typed_place();
  // "u32 *)"
  Place data_type();
  // "(r1 + 4)"
  Place based_at(Place type);
  // "r1 + 4"
  void address(Place& place);
  // A register; of this width unless it is 0.
  Register reg(unsigned width = 0);
  // A register that accesses `bytes`: its w name is welcome where no more than 32 bits move.
  Register narrow_reg(unsigned bytes);
  // Fails if 64 bits are to move through a w register.
  void check_narrow(const Register& found, unsigned bytes);
  // The register `dst` once more: the operation works in place.
  void same_register(const Register& dst);
  // A number with an optional sign, as an immediate for an operation of `width` bits: 64 takes what
  // sign extension of 32 bits gives, 32 also unsigned numbers, 128 everything of LD_IMM64.
  Bits<64> immediate(unsigned width);
  // A number with an optional sign; `wide` allows 64 unsigned bits, returned as their pattern.
  int64_t integer(bool wide = false);
  // `value`, the number read last, if it is between `low` and `high`.
  int64_t in_range(int64_t value, int64_t low, int64_t high);
  // Whether a number that `ll` follows is next.
  bool wide_follows() const;

  const Token& peek() const { return tokens_[at_]; }
  // Passes a token, but never the last, kEnd.
  Token next();
  // Passes the token `text` if it is next; `expect` fails otherwise.
  bool accept(std::string_view text);
  void expect(std::string_view text);

  // Records an error at the next or the given token, unless there is one already.
  void fail(std::string what, std::string hint);
  void fail_at(const Token& token, std::string what, std::string hint);

  std::vector<Token> tokens_;
  uint32_t line_;
  size_t at_ = 0;
  std::optional<AsmError> error_;
};

}  // namespace zext::ebpf::internal
