// RV64C: expanding and compressing are inverse, over all 65,536 halfwords; and what `compress` may
// put in an instruction's place has the same meaning, for all values.
#include <gtest/gtest.h>

#include <string>

#include "isa/rv64/decode.h"
#include "isa/rv64/encode.h"
#include "isa/rv64/semantics.h"
#include "proofs/theorem.h"
#include "word/bv.h"

namespace zext::proofs {
namespace {

using rv64::CompressedRow;
using rv64::Expansion;
using rv64::Instruction;
using rv64::Op;
using W = Bv<64>;

std::optional<Expansion> expansion(uint32_t bits) {
  return rv64::expand(static_cast<uint16_t>(bits));
}

TEST(Compressed, AHalfwordHasAtMostOneRow) {
  unsigned meant = 0;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const CompressedRow* only = nullptr;
    for (const CompressedRow& row : rv64::kCompressedRows) {
      if ((bits & row.mask) != row.match) continue;
      const auto operands = rv64::unpack<Bits<64>>(row.layout(), Bits<32>::of(bits));
      if (!row.allows(rv64::instruction_of(row.op, operands))) continue;
      EXPECT_EQ(only, nullptr) << std::hex << bits << " is " << row.mnemonic;
      only = &row;
    }
    const auto found = expansion(bits);
    EXPECT_EQ(found ? found->row : nullptr, only) << std::hex << bits;
    meant += only != nullptr ? 1 : 0;
  }
  EXPECT_GT(meant, 30'000u);
}

// The one redundancy of RV64C: `addi sp, sp, imm` with imm -32, -16 or 16 is both c.addi and
// c.addi16sp.
bool has_two_encodings(const Instruction<>& insn) {
  const int64_t imm = insn.imm.signed_value();
  return insn.op == Op::kAddi && insn.rd == rv64::kSp && insn.rs1 == rv64::kSp &&
         (imm == -32 || imm == -16 || imm == 16);
}

TEST(Compressed, CompressUndoesExpandOnEveryHalfword) {
  unsigned twice = 0, hints = 0;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto meaning = expansion(bits);
    if (!meaning) continue;
    EXPECT_TRUE(rv64::encodable(meaning->insn)) << std::hex << bits;
    const auto back = rv64::compress(meaning->insn);
    if (meaning->row->is_hint(meaning->insn)) {
      ++hints;
      EXPECT_NE(back, std::optional(static_cast<uint16_t>(bits))) << std::hex << bits;
      continue;
    }
    ASSERT_TRUE(back.has_value()) << std::hex << bits;
    EXPECT_EQ(expansion(*back)->insn, meaning->insn) << std::hex << bits;
    if (*back == bits) continue;
    EXPECT_TRUE(has_two_encodings(meaning->insn)) << std::hex << bits;
    ++twice;
  }
  EXPECT_EQ(twice, 3u);
  EXPECT_GT(hints, 0u);
}

// A HINT changes no register: its expansion writes x0, or what was there.
TEST(Compressed, HintsHaveNoEffect) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto meaning = expansion(bits);
    if (!meaning || !meaning->row->is_hint(meaning->insn)) continue;
    const Instruction<>& insn = meaning->insn;
    EXPECT_EQ(insn.row().kind, rv64::Kind::kValue) << std::hex << bits;
    if (insn.rd == rv64::kZero) continue;
    EXPECT_EQ(insn.rd, insn.rs1) << std::hex << bits;
    const auto x = Bits<64>::of(0x8123456789abcdef);
    EXPECT_EQ(rv64::compute(insn, x, x, x), x) << std::hex << bits;
  }
}

// Packing takes exactly the operands that unpacking gives, for each row and all operands.
TEST(Compressed, RowsGiveBackEveryHalfwordTheyMatch) {
  for (const CompressedRow& row : rv64::kCompressedRows) {
    theorem(std::string(row.mnemonic) + ": compress(expand(halfword)) == halfword", 16, [&row] {
      const auto half = Bv<16>::variable("halfword");
      const auto match = Bv<32>::of(row.match);
      const auto operands = rv64::unpack<W>(row.layout(), zext<32>(half));
      return Claim{.given = (half & Bv<16>::of(row.mask)) == Bv<16>::of(row.match),
                   .show = {(match | rv64::pack(row.layout(), operands)) == zext<32>(half),
                            rv64::fits(row.layout(), operands)}};
    });
  }
}

// The instruction over any values, with the registers that `alternative` is asked about.
Instruction<W> symbolic(const Instruction<>& insn) {
  return {.op = insn.op,
          .rd = insn.rd,
          .rs1 = insn.rs1,
          .rs2 = insn.rs2,
          .imm = W::of(insn.imm.value())};
}

TEST(Compressed, AlternativesMeanTheSame) {
  for (const rv64::Row& row : rv64::kRows) {
    const Instruction<> insn{.op = row.op,
                             .rd = rv64::kA0,
                             .rs1 = rv64::kA1,
                             .rs2 = row.format == rv64::Format::kI ? rv64::kZero : rv64::kA2};
    const Instruction<> other = rv64::alternative(insn);
    if (other == insn) continue;
    EXPECT_EQ(other.rd, insn.rd);
    EXPECT_TRUE(other.imm == insn.imm);
    theorem(std::string(row.mnemonic) + ": the alternative means the same", 64, [&] {
      std::array<W, rv64::kRegisterCount> x{};
      x[rv64::kA1] = W::variable("a1");
      x[rv64::kA2] = W::variable("a2");
      const auto pc = W::variable("pc");
      const auto a = symbolic(insn), b = symbolic(other);
      return Claim{
          .show = {
              rv64::compute(a, x[a.rs1], x[a.rs2], pc) == rv64::compute(b, x[b.rs1], x[b.rs2], pc),
              rv64::taken(a, x[a.rs1], x[a.rs2]) == rv64::taken(b, x[b.rs1], x[b.rs2])}};
    });
  }
}

TEST(Mutants, ASwappedSubtractionIsRefuted) {
  refuted("sub with its registers swapped", 64, [] {
    const auto a = W::variable("a"), b = W::variable("b"), pc = W::of(0);
    const Instruction<W> sub{.op = Op::kSub};
    return rv64::compute(sub, a, b, pc) == rv64::compute(sub, b, a, pc);
  });
}

}  // namespace
}  // namespace zext::proofs
