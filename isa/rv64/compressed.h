// Compressed instructions: 16 bits that stand for one of the base instructions.
//
//   expand(0x0505);                       // c.addi a0, 1  ->  addi a0, a0, 1
//   compress({.op = Op::kAddi, .rd = kA0, .rs1 = kA0, .imm = Bits<64>::of(1)});      // 0x0505
//
// Both directions read one table, compressed.def, and the layouts below.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "isa/rv64/buckets.h"
#include "isa/rv64/format.h"
#include "isa/rv64/insn.h"

namespace zext::rv64 {

// The formats, named for what the expansion's operands are. A short register is one of s0 to a5.
enum class CompressedFormat : uint8_t {
  kAddi4spn,        // short rd, rs1 = sp, imm
  kLoadWord,        // short rd, short rs1, imm
  kLoadDouble,      // likewise
  kStoreWord,       // short rs2, short rs1, imm
  kStoreDouble,     // likewise
  kNop,             // rd = rs1 = zero, imm
  kImmediate,       // rd = rs1, imm
  kLoadImmediate,   // rd, rs1 = zero, imm
  kAddi16sp,        // rd = rs1 = sp, imm
  kLoadUpper,       // rd, imm
  kShort64,         // short rd = rs1, imm = 0
  kShortShift,      // short rd = rs1, imm
  kShortImmediate,  // short rd = rs1, imm
  kArithmetic,      // short rd = rs1, short rs2
  kJump,            // rd = zero, imm
  kBranch,          // short rs1, rs2 = zero, imm
  kShift64,         // rd = rs1, imm = 0
  kShift,           // rd = rs1, imm
  kLoadWordSp,      // rd, rs1 = sp, imm
  kLoadDoubleSp,    // likewise
  kJumpRegister,    // rd = zero, rs1, imm = 0
  kMove,            // rd, rs1 = zero, rs2
  kNone,            // nothing
  kCallRegister,    // rd = ra, rs1, imm = 0
  kAdd,             // rd = rs1, rs2
  kStoreWordSp,     // rs1 = sp, rs2, imm
  kStoreDoubleSp,   // likewise
};

namespace internal {

constexpr Piece fixed(Operand operand, Reg reg) { return {operand, 0, 0, 0, reg}; }
constexpr Piece full(Operand operand, uint8_t at) { return {operand, at, 5, 0, 0}; }
constexpr Piece brief(Operand operand, uint8_t at) { return {operand, at, 3, 0, 8}; }

inline constexpr Operand kDest = Operand::kRd, kBase = Operand::kRs1, kSource = Operand::kRs2;

// In the order of CompressedFormat.
inline constexpr Layout kCompressedLayouts[] = {
    {{brief(kDest, 2), fixed(kBase, kSp), imm(5, 1, 3), imm(6, 1, 2), imm(7, 4, 6), imm(11, 2, 4)}},
    {{brief(kDest, 2), brief(kBase, 7), imm(5, 1, 6), imm(6, 1, 2), imm(10, 3, 3)}},
    {{brief(kDest, 2), brief(kBase, 7), imm(5, 2, 6), imm(10, 3, 3)}},
    {{brief(kSource, 2), brief(kBase, 7), imm(5, 1, 6), imm(6, 1, 2), imm(10, 3, 3)}},
    {{brief(kSource, 2), brief(kBase, 7), imm(5, 2, 6), imm(10, 3, 3)}},
    {{imm(2, 5, 0), imm(12, 1, 5)}, 5},
    {{full(kDest, 7), full(kBase, 7), imm(2, 5, 0), imm(12, 1, 5)}, 5},
    {{full(kDest, 7), imm(2, 5, 0), imm(12, 1, 5)}, 5},
    {{fixed(kDest, kSp), fixed(kBase, kSp), imm(2, 1, 5), imm(3, 2, 7), imm(5, 1, 6), imm(6, 1, 4),
      imm(12, 1, 9)},
     9},
    {{full(kDest, 7), imm(2, 5, 12), imm(12, 1, 17)}, 17},
    {{brief(kDest, 7), brief(kBase, 7)}},
    {{brief(kDest, 7), brief(kBase, 7), imm(2, 5, 0), imm(12, 1, 5)}},
    {{brief(kDest, 7), brief(kBase, 7), imm(2, 5, 0), imm(12, 1, 5)}, 5},
    {{brief(kDest, 7), brief(kBase, 7), brief(kSource, 2)}},
    {{imm(2, 1, 5), imm(3, 3, 1), imm(6, 1, 7), imm(7, 1, 6), imm(8, 1, 10), imm(9, 2, 8),
      imm(11, 1, 4), imm(12, 1, 11)},
     11},
    {{brief(kBase, 7), imm(2, 1, 5), imm(3, 2, 1), imm(5, 2, 6), imm(10, 2, 3), imm(12, 1, 8)}, 8},
    {{full(kDest, 7), full(kBase, 7)}},
    {{full(kDest, 7), full(kBase, 7), imm(2, 5, 0), imm(12, 1, 5)}},
    {{full(kDest, 7), fixed(kBase, kSp), imm(2, 2, 6), imm(4, 3, 2), imm(12, 1, 5)}},
    {{full(kDest, 7), fixed(kBase, kSp), imm(2, 3, 6), imm(5, 2, 3), imm(12, 1, 5)}},
    {{full(kBase, 7)}},
    {{full(kDest, 7), full(kSource, 2)}},
    {{}},
    {{fixed(kDest, kRa), full(kBase, 7)}},
    {{full(kDest, 7), full(kBase, 7), full(kSource, 2)}},
    {{full(kSource, 2), fixed(kBase, kSp), imm(7, 2, 6), imm(9, 4, 2)}},
    {{full(kSource, 2), fixed(kBase, kSp), imm(7, 3, 6), imm(10, 3, 3)}},
};

// Conditions on operands, to be combined.
enum Condition : uint8_t {
  kAlways = 0,  // as needs: nothing
  kNever = 0,   // as hint: nothing
  kRdZero = 1,
  kRdNonzero = 2,
  kRdNotSp = 4,
  kImmZero = 8,
  kImmNonzero = 16,
  kRs1Nonzero = 32,
  kRs2Nonzero = 64,
  kAnyCase = 128,
};

// Those of `conditions` that hold.
constexpr unsigned holding(unsigned conditions, const Instruction<>& insn) {
  const bool imm_zero = insn.imm == Bits<64>::of(0);
  unsigned held = kAnyCase;
  held |= insn.rd == 0 ? kRdZero : kRdNonzero;
  held |= insn.rd != kSp ? kRdNotSp : 0;
  held |= imm_zero ? kImmZero : kImmNonzero;
  held |= insn.rs1 != 0 ? kRs1Nonzero : 0;
  held |= insn.rs2 != 0 ? kRs2Nonzero : 0;
  return held & conditions;
}

}  // namespace internal

// What the table says of one compressed instruction.
struct CompressedRow {
  const char* mnemonic;
  CompressedFormat format;
  uint16_t match;  // the bits that name the instruction
  uint16_t mask;   // where they are
  Op op;           // of the expansion
  uint8_t needs;   // conditions that all must hold
  uint8_t hint;    // conditions any of which makes it a HINT

  constexpr const Layout& layout() const {
    return internal::kCompressedLayouts[static_cast<size_t>(format)];
  }
  // Whether this expansion is one that the row is meant for, and whether it is a HINT.
  constexpr bool allows(const Instruction<>& insn) const {
    return internal::holding(needs, insn) == needs;
  }
  constexpr bool is_hint(const Instruction<>& insn) const {
    return internal::holding(hint, insn) != 0;
  }
};

namespace internal {

constexpr CompressedRow compressed_row(const char* mnemonic, CompressedFormat format,
                                       uint16_t match, Op op, unsigned needs, unsigned hint) {
  const uint32_t operands = kCompressedLayouts[static_cast<size_t>(format)].operand_bits();
  return {mnemonic,
          format,
          match,
          static_cast<uint16_t>(~operands),
          op,
          static_cast<uint8_t>(needs),
          static_cast<uint8_t>(hint)};
}

inline constexpr CompressedRow kCompressedRows[] = {
#define RV64_COMPRESSED(mnemonic, format, match, op, needs, hint) \
  compressed_row(mnemonic, CompressedFormat::format, match, Op::k##op, needs, hint),
#include "isa/rv64/compressed.def"
};

// Every format is in use in the table's order, and constant bits stay clear of operands.
consteval bool compressed_rows_consistent() {
  size_t formats = 0;
  for (const CompressedRow& row : kCompressedRows) {
    if ((row.match & ~row.mask) != 0 || (row.match & 3) == 3) return false;
    const size_t format = static_cast<size_t>(row.format);
    if (format > formats) return false;
    if (format == formats) ++formats;
  }
  return formats == std::size(kCompressedLayouts);
}
static_assert(compressed_rows_consistent());

// The quadrant (bits 1..0) and funct3 (bits 15..13) of each row are constant.
constexpr size_t compressed_key(uint16_t bits) { return (bits & 3u) | (bits >> 13 & 7u) << 2; }

inline constexpr auto kCompressedByKey =
    buckets<32, kCompressedRows, [](const CompressedRow& row, size_t key) {
      return compressed_key(row.match) == key;
    }>();
inline constexpr auto kCompressedByOp =
    buckets<kRowCount, kCompressedRows, [](const CompressedRow& row, size_t key) {
      return static_cast<size_t>(row.op) == key;
    }>();

// The shortest encoding of exactly this instruction, if it is not a HINT.
constexpr std::optional<uint16_t> compress_exactly(const Instruction<>& insn) {
  for (const uint8_t index : kCompressedByOp.at(static_cast<size_t>(insn.op))) {
    const CompressedRow& row = kCompressedRows[index];
    if (!row.allows(insn) || row.is_hint(insn)) continue;
    const Operands<Bits<64>> operands = operands_of(insn);
    if (!fits(row.layout(), operands)) continue;
    return static_cast<uint16_t>(row.match | pack(row.layout(), operands).value());
  }
  return std::nullopt;
}

// Whether the registers' order does not matter; only of ops that have a compressed form.
constexpr bool commutes(Op op) {
  return op == Op::kAdd || op == Op::kAddw || op == Op::kAnd || op == Op::kOr || op == Op::kXor ||
         op == Op::kBeq || op == Op::kBne;
}

}  // namespace internal

inline constexpr auto& kCompressedRows = internal::kCompressedRows;
inline constexpr size_t kCompressedRowCount = std::size(internal::kCompressedRows);

// The row of a halfword and what it stands for.
struct Expansion {
  const CompressedRow* row;
  Instruction<> insn;
};

// What a halfword stands for; nothing if it is reserved, or no compressed instruction at all. HINTs
// expand as well.
constexpr std::optional<Expansion> expand(uint16_t bits) {
  for (const uint8_t index : internal::kCompressedByKey.at(internal::compressed_key(bits))) {
    const CompressedRow& row = kCompressedRows[index];
    if ((bits & row.mask) != row.match) continue;
    const Instruction<> insn =
        instruction_of(row.op, unpack<Bits<64>>(row.layout(), Bits<32>::of(bits)));
    if (row.allows(insn)) return Expansion{&row, insn};
  }
  return std::nullopt;
}

// Another instruction with the same effect that may have a compressed form: operands swapped where
// their order does not matter, `addi rd, rs1, 0` as `add rd, zero, rs1`. The instruction itself if
// there is none.
constexpr Instruction<> alternative(const Instruction<>& insn) {
  if (internal::commutes(insn.op)) {
    Instruction<> other = insn;
    other.rs1 = insn.rs2;
    other.rs2 = insn.rs1;
    return other;
  }
  if (insn.op == Op::kAddi && insn.imm == Bits<64>::of(0)) {
    return {.op = Op::kAdd, .rd = insn.rd, .rs1 = kZero, .rs2 = insn.rs1};
  }
  return insn;
}

// A halfword with the same effect as the instruction, if there is one; never a HINT.
constexpr std::optional<uint16_t> compress(const Instruction<>& insn) {
  if (const auto bits = internal::compress_exactly(insn)) return bits;
  const Instruction<> other = alternative(insn);
  if (other == insn) return std::nullopt;
  return internal::compress_exactly(other);
}

}  // namespace zext::rv64
