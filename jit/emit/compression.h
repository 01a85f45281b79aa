// Choosing compressed forms quickly: rv64::compress, with each row's conditions worked out from its
// layout at compile time, so that most rows are refused by a few comparisons.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "isa/rv64/compressed.h"
#include "jit/emit/packing.h"

namespace zext::jit {
namespace internal {

// What a register field must be: (reg & mask) == value.
struct RegisterRule {
  uint8_t mask = 0xff;  // absent from the format: zero
  uint8_t value = 0;

  constexpr bool admits(rv64::Reg reg) const { return (reg & mask) == value; }
};

// What a compressed row can express.
struct CompressionRule {
  RegisterRule rd, rs1, rs2;
  bool rd_is_rs1 = false;
  uint8_t sign = 0;       // the immediate's sign bit, 0 if it has none
  uint64_t imm_bits = 0;  // of the immediate, those that are free

  constexpr bool admits(const rv64::Instruction<>& insn) const {
    if (!rd.admits(insn.rd) || !rs1.admits(insn.rs1) || !rs2.admits(insn.rs2)) return false;
    if (rd_is_rs1 && insn.rd != insn.rs1) return false;
    uint64_t imm = insn.imm.value();
    if (sign != 0) {
      const int64_t above = insn.imm.signed_value() >> sign;
      if (above != 0 && above != -1) return false;
      imm &= (uint64_t{2} << sign) - 1;
    }
    return (imm & ~imm_bits) == 0 && !insn.aq && !insn.rl;
  }
};

constexpr CompressionRule rule_of(const rv64::CompressedRow& row) {
  CompressionRule rule;
  uint8_t rd_at = 0, rs1_at = 0;
  rule.sign = row.layout().sign;
  for (const rv64::Piece& piece : row.layout().pieces) {
    if (piece.width == 0 && piece.plus == 0) continue;
    const uint64_t bits = (uint64_t{1} << piece.width) - 1;
    const RegisterRule reg = piece.width == 5
                                 ? RegisterRule{0, 0}
                                 : RegisterRule{static_cast<uint8_t>(~bits), piece.plus};
    switch (piece.operand) {
      case rv64::Operand::kRd:
        rule.rd = reg;
        rd_at = piece.width == 0 ? 0 : piece.at;
        break;
      case rv64::Operand::kRs1:
        rule.rs1 = reg;
        rs1_at = piece.width == 0 ? 0 : piece.at;
        break;
      case rv64::Operand::kRs2:
        rule.rs2 = reg;
        break;
      case rv64::Operand::kImm:
        rule.imm_bits |= bits << piece.from;
        break;
      case rv64::Operand::kAq:
      case rv64::Operand::kRl:
        break;
    }
  }
  rule.rd_is_rs1 = rd_at != 0 && rd_at == rs1_at;
  return rule;
}

// The rows of an instruction: a range of kRuleOrder.
struct RowRange {
  uint8_t begin = 0, end = 0;
};

struct CompressionTable {
  std::array<uint8_t, rv64::kCompressedRowCount> order{};  // rows, grouped by expansion
  std::array<RowRange, rv64::kRowCount> by_op{};
  std::array<CompressionRule, rv64::kCompressedRowCount> rules{};
};

consteval CompressionTable make_table() {
  CompressionTable table;
  uint8_t filled = 0;
  for (size_t op = 0; op < rv64::kRowCount; ++op) {
    table.by_op[op].begin = filled;
    for (size_t row = 0; row < rv64::kCompressedRowCount; ++row) {
      if (static_cast<size_t>(rv64::kCompressedRows[row].op) != op) continue;
      table.order[filled++] = static_cast<uint8_t>(row);
    }
    table.by_op[op].end = filled;
  }
  for (size_t row = 0; row < rv64::kCompressedRowCount; ++row) {
    table.rules[row] = rule_of(rv64::kCompressedRows[row]);
  }
  return table;
}

inline constexpr CompressionTable kCompression = make_table();

inline std::optional<uint16_t> compressed_exactly(const rv64::Instruction<>& insn) {
  const RowRange range = kCompression.by_op[static_cast<size_t>(insn.op)];
  for (uint8_t i = range.begin; i < range.end; ++i) {
    const uint8_t index = kCompression.order[i];
    if (!kCompression.rules[index].admits(insn)) continue;
    const rv64::CompressedRow& row = rv64::kCompressedRows[index];
    if (!row.allows(insn) || row.is_hint(insn)) continue;
    return static_cast<uint16_t>(row.match | pack_quickly(row.format, insn));
  }
  return std::nullopt;
}

}  // namespace internal

// The same as rv64::compress.
inline std::optional<uint16_t> compressed(const rv64::Instruction<>& insn) {
  const internal::RowRange range = internal::kCompression.by_op[static_cast<size_t>(insn.op)];
  if (range.begin == range.end) return std::nullopt;
  if (const auto half = internal::compressed_exactly(insn)) return half;
  const rv64::Instruction<> other = rv64::alternative(insn);
  if (other == insn) return std::nullopt;
  return internal::compressed_exactly(other);
}

}  // namespace zext::jit
