// Packing operands quickly: rv64::pack with the layout known at compile time, so that it becomes a
// few shifts.
//
//   pack_quickly(Format::kI, insn)             // the operands' bits of a 32-bit encoding
//   pack_quickly(CompressedFormat::kAdd, insn)
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "isa/rv64/compressed.h"
#include "isa/rv64/format.h"
#include "isa/rv64/insn.h"

namespace zext::jit {
namespace internal {

template <rv64::Operand kOperand>
constexpr uint64_t operand(const rv64::Instruction<>& insn) {
  switch (kOperand) {
    case rv64::Operand::kRd:
      return insn.rd;
    case rv64::Operand::kRs1:
      return insn.rs1;
    case rv64::Operand::kRs2:
      return insn.rs2;
    case rv64::Operand::kImm:
      return insn.imm.value();
    case rv64::Operand::kAq:
      return insn.aq;
    case rv64::Operand::kRl:
      return insn.rl;
  }
  __builtin_unreachable();
}

template <const rv64::Layout& kLayout, size_t kIndex>
constexpr uint32_t packed_piece(const rv64::Instruction<>& insn) {
  constexpr rv64::Piece kPiece = kLayout.pieces[kIndex];
  if constexpr (kPiece.width == 0) return 0;
  const uint64_t bits = operand<kPiece.operand>(insn) >> kPiece.from;
  return static_cast<uint32_t>((bits & ((uint64_t{1} << kPiece.width) - 1)) << kPiece.at);
}

template <const rv64::Layout& kLayout>
constexpr uint32_t packed(const rv64::Instruction<>& insn) {
  return [&]<size_t... kIndex>(std::index_sequence<kIndex...>) {
    return (0u | ... | packed_piece<kLayout, kIndex>(insn));
  }(std::make_index_sequence<rv64::Layout::kMaxPieces>());
}

using Packer = uint32_t (*)(const rv64::Instruction<>&);

template <const auto& kLayouts>
constexpr auto packers() {
  constexpr size_t kCount = std::size(kLayouts);
  return []<size_t... kIndex>(std::index_sequence<kIndex...>) {
    return std::array<Packer, kCount>{&packed<kLayouts[kIndex]>...};
  }(std::make_index_sequence<kCount>());
}

inline constexpr auto kPackers = packers<rv64::internal::kLayouts>();
inline constexpr auto kCompressedPackers = packers<rv64::internal::kCompressedLayouts>();

}  // namespace internal

inline uint32_t pack_quickly(rv64::Format format, const rv64::Instruction<>& insn) {
  return internal::kPackers[static_cast<size_t>(format)](insn);
}
inline uint32_t pack_quickly(rv64::CompressedFormat format, const rv64::Instruction<>& insn) {
  return internal::kCompressedPackers[static_cast<size_t>(format)](insn);
}

// The same as rv64::encode.
inline uint32_t encode_quickly(const rv64::Instruction<>& insn) {
  const rv64::Row& row = insn.row();
  return row.match | pack_quickly(row.format, insn);
}

}  // namespace zext::jit
