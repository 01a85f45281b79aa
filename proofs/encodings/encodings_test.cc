// Encode and decode of RV64 are inverse: for each format and each row, for all operands and words.
//
// The chain: a format's `pack` and `unpack` are inverse on exactly the operands that the manual
// says it can hold; a row's constant bits stay clear of them; a word that has one row's constant
// bits has no other's; and find_row looks where that row is. So decode(encode(i)) is i.
#include <gtest/gtest.h>

#include <string>

#include "isa/rv64/decode.h"
#include "isa/rv64/encode.h"
#include "proofs/theorem.h"
#include "word/bv.h"

namespace zext::proofs {
namespace {

using rv64::Format;
using rv64::Layout;
using rv64::Row;
using W = Bv<64>;
using Operands = rv64::Operands<W>;

Operands any_operands() {
  return {.rd = W::variable("rd"),
          .rs1 = W::variable("rs1"),
          .rs2 = W::variable("rs2"),
          .imm = W::variable("imm"),
          .aq = W::variable("aq"),
          .rl = W::variable("rl")};
}

// What the manual lets a format hold, in numbers and apart from its layout.
struct Ranges {
  uint64_t rd = 1, rs1 = 1, rs2 = 1;  // each is below this
  int64_t imm_low = 0, imm_high = 0;  // both included
  uint64_t imm_multiple = 1;          // a power of two
  uint64_t order = 1;                 // aq and rl are below this
};

Ranges ranges(Format format) {
  switch (format) {
    case Format::kR:
      return {.rd = 32, .rs1 = 32, .rs2 = 32};
    case Format::kI:
      return {.rd = 32, .rs1 = 32, .imm_low = -2048, .imm_high = 2047};
    case Format::kShift6:
      return {.rd = 32, .rs1 = 32, .imm_high = 63};
    case Format::kShift5:
      return {.rd = 32, .rs1 = 32, .imm_high = 31};
    case Format::kUnary:
      return {.rd = 32, .rs1 = 32};
    case Format::kS:
      return {.rs1 = 32, .rs2 = 32, .imm_low = -2048, .imm_high = 2047};
    case Format::kB:
      return {.rs1 = 32, .rs2 = 32, .imm_low = -4096, .imm_high = 4094, .imm_multiple = 2};
    case Format::kU:
      return {.rd = 32, .imm_low = -0x80000000L, .imm_high = 0x7ffff000, .imm_multiple = 4096};
    case Format::kJ:
      return {.rd = 32, .imm_low = -1048576, .imm_high = 1048574, .imm_multiple = 2};
    case Format::kAmo:
      return {.rd = 32, .rs1 = 32, .rs2 = 32, .order = 2};
    case Format::kLr:
      return {.rd = 32, .rs1 = 32, .order = 2};
    case Format::kCsr:
    case Format::kCsrImm:
      return {.rd = 32, .rs1 = 32, .imm_high = 4095};
    case Format::kFence:
      return {.imm_high = 255};
    case Format::kNone:
      return {};
  }
  return {};
}

Formula within(const Ranges& r, const Operands& x) {
  const auto below = [](const W& word, uint64_t limit) { return ult(word, W::of(limit)); };
  const Formula imm = sle(W::of(static_cast<uint64_t>(r.imm_low)), x.imm) &&
                      sle(x.imm, W::of(static_cast<uint64_t>(r.imm_high))) &&
                      (x.imm & W::of(r.imm_multiple - 1)) == W::of(0);
  return below(x.rd, r.rd) && below(x.rs1, r.rs1) && below(x.rs2, r.rs2) && imm &&
         below(x.aq, r.order) && below(x.rl, r.order);
}

const char* name(Format format) {
  constexpr const char* kNames[] = {"R", "I",   "shift6", "shift5", "unary", "S",     "B",   "U",
                                    "J", "AMO", "LR",     "CSR",    "CSRI",  "FENCE", "none"};
  static_assert(std::size(kNames) == rv64::kFormatCount);
  return kNames[static_cast<size_t>(format)];
}

TEST(Encodings, FormatsHoldWhatTheManualSaysAndGiveItBack) {
  for (size_t i = 0; i < rv64::kFormatCount; ++i) {
    const Format format = static_cast<Format>(i);
    theorem(std::string("format ") + name(format) + ": unpack(pack(x)) == x iff x fits", 64, [=] {
      const Layout& layout = rv64::layout_of(format);
      const Operands x = any_operands();
      const Formula held = rv64::unpack<W>(layout, rv64::pack(layout, x)) == x;
      return held == within(ranges(format), x);
    });
  }
}

TEST(Encodings, RowsGiveBackEveryWordTheyMatch) {
  for (const Row& row : rv64::kRows) {
    theorem(std::string(row.mnemonic) + ": encode(decode(word)) == word, in range", 32, [&row] {
      const Layout& layout = rv64::layout_of(row.format);
      const auto word = Bv<32>::variable("word");
      const auto match = Bv<32>::of(row.match);
      const Operands x = rv64::unpack<W>(layout, word);
      return Claim{
          .given = (word & Bv<32>::of(row.mask)) == match,
          .show = {(match | rv64::pack(layout, x)) == word, within(ranges(row.format), x)}};
    });
  }
}

TEST(Encodings, RowsGiveBackTheOperandsTheyEncode) {
  for (const Row& row : rv64::kRows) {
    theorem(std::string(row.mnemonic) + ": decode(encode(x)) == x, and matches the row", 64,
            [&row] {
              const Layout& layout = rv64::layout_of(row.format);
              const Operands x = any_operands();
              const auto word = Bv<32>::of(row.match) | rv64::pack(layout, x);
              return Claim{.given = within(ranges(row.format), x),
                           .show = {rv64::unpack<W>(layout, word) == x &&
                                    (word & Bv<32>::of(row.mask)) == Bv<32>::of(row.match)}};
            });
  }
}

TEST(Encodings, AWordHasOneRowAndTheDecoderLooksThere) {
  for (const Row& row : rv64::kRows) {
    theorem(std::string(row.mnemonic) + ": no other row, and in its bucket", 32, [&row] {
      const auto word = Bv<32>::variable("word");
      Formula others = false;
      for (const Row& other : rv64::kRows) {
        if (&other == &row) continue;
        others = others || (word & Bv<32>::of(other.mask)) == Bv<32>::of(other.match);
      }
      Formula found = false;
      for (uint32_t key = 0; key < 256; ++key) {
        for (const uint8_t index : rv64::internal::kRowsByKey.at(key)) {
          if (&rv64::kRows[index] != &row) continue;
          found = found || rv64::internal::key_of(word) == Bv<32>::of(key);
        }
      }
      return Claim{.given = (word & Bv<32>::of(row.mask)) == Bv<32>::of(row.match),
                   .show = {!others && found}};
    });
  }
}

TEST(Encodings, TheConcreteCodecIsTheProvenOne) {
  for (const Row& row : rv64::kRows) {
    const uint32_t word = row.match | (0x5a5a5a5a & ~row.mask);
    const auto decoded = rv64::decode(word);
    ASSERT_TRUE(decoded.has_value()) << row.mnemonic;
    EXPECT_EQ(decoded->insn.op, row.op);
    EXPECT_TRUE(rv64::encodable(decoded->insn)) << row.mnemonic;
    EXPECT_EQ(rv64::encode(decoded->insn), word) << row.mnemonic;
  }
}

// Layouts broken on purpose.
Formula inverse(const Layout& layout, Format format) {
  const Operands x = any_operands();
  return implies(within(ranges(format), x), rv64::unpack<W>(layout, rv64::pack(layout, x)) == x);
}

TEST(Mutants, AMisplacedSignIsRefuted) {
  refuted("format B with the sign at bit 11", 64, [] {
    Layout layout = rv64::layout_of(Format::kB);
    layout.sign = 11;
    return inverse(layout, Format::kB);
  });
}

TEST(Mutants, AnOverlapIsRefuted) {
  refuted("format S with its two pieces in one place", 64, [] {
    Layout layout = rv64::layout_of(Format::kS);
    layout.pieces[3].at = 7;
    return inverse(layout, Format::kS);
  });
}

TEST(Mutants, ALostBitIsRefuted) {
  refuted("format J without bit 11 of the offset", 64, [] {
    Layout layout = rv64::layout_of(Format::kJ);
    layout.pieces[2].width = 0;
    return inverse(layout, Format::kJ);
  });
}

}  // namespace
}  // namespace zext::proofs
