// Where an instruction's operands lie in its encoding, and moving them in and out, over any Word.
//
//   const Layout& b = layout_of(Format::kB);
//   Operands<Bits<64>> beq{.rs1 = Bits<64>::of(10), .imm = Bits<64>::of(-4)};
//   pack(b, beq);                   // the operands' bits of `beq a0, zero, -4`
//   unpack<Bits<64>>(b, word);      // the operands back
//
// A layout is a list of pieces. The same description serves 32-bit instructions and compressed
// ones, encoder and decoder, and, instantiated with Bv, the proofs that these are inverse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "word/bits.h"

namespace zext::rv64 {

// The formats of 32-bit instructions (manual, section 2.2), split where operands differ.
enum class Format : uint8_t {
  kR,       // rd, rs1, rs2
  kI,       // rd, rs1, imm: sign-extended, 12 bits
  kShift6,  // rd, rs1, imm: 0 to 63
  kShift5,  // rd, rs1, imm: 0 to 31
  kUnary,   // rd, rs1
  kS,       // rs1, rs2, imm: sign-extended, 12 bits
  kB,       // rs1, rs2, imm: even, sign-extended, 13 bits
  kU,       // rd, imm: sign-extended, 32 bits, low 12 bits zero
  kJ,       // rd, imm: even, sign-extended, 21 bits
  kAmo,     // rd, rs1, rs2, aq, rl
  kLr,      // rd, rs1, aq, rl
  kCsr,     // rd, rs1, imm: the CSR's number
  kCsrImm,  // rd, rs1: a 5-bit constant, imm: the CSR's number
  kFence,   // imm: predecessors in bits 7..4, successors in bits 3..0
  kNone,
};
inline constexpr size_t kFormatCount = 15;

// The operands of one instruction as words.
template <Word W>
struct Operands {
  W rd = W::of(0);
  W rs1 = W::of(0);
  W rs2 = W::of(0);
  W imm = W::of(0);
  W aq = W::of(0);
  W rl = W::of(0);

  friend constexpr typename W::Bool operator==(const Operands& a, const Operands& b) {
    return a.rd == b.rd && a.rs1 == b.rs1 && a.rs2 == b.rs2 && a.imm == b.imm && a.aq == b.aq &&
           a.rl == b.rl;
  }
};

enum class Operand : uint8_t { kRd, kRs1, kRs2, kImm, kAq, kRl };

// Bits from..from+width-1 of the operand lie at bits at..at+width-1 of the encoding; `plus` is set
// in the operand besides: 8 for the three-bit register fields, and with width 0 it is the operand.
// Two operands in the same place are the same register.
struct Piece {
  Operand operand = Operand::kRd;
  uint8_t at = 0;
  uint8_t width = 0;
  uint8_t from = 0;
  uint8_t plus = 0;
};

struct Layout {
  static constexpr size_t kMaxPieces = 10;

  Piece pieces[kMaxPieces] = {};
  uint8_t sign = 0;  // the immediate's sign bit, 0 if it has none

  // The bits of the encoding that belong to operands.
  constexpr uint32_t operand_bits() const {
    uint32_t bits = 0;
    for (const Piece& p : pieces) bits |= ((uint32_t{1} << p.width) - 1) << p.at;
    return bits;
  }
};

namespace internal {

inline constexpr Piece kRdPiece{Operand::kRd, 7, 5, 0, 0};
inline constexpr Piece kRs1Piece{Operand::kRs1, 15, 5, 0, 0};
inline constexpr Piece kRs2Piece{Operand::kRs2, 20, 5, 0, 0};
inline constexpr Piece kAqPiece{Operand::kAq, 26, 1, 0, 0};
inline constexpr Piece kRlPiece{Operand::kRl, 25, 1, 0, 0};

// Immediate bits from..from+width-1 at bits at... of the encoding.
constexpr Piece imm(uint8_t at, uint8_t width, uint8_t from) {
  return {Operand::kImm, at, width, from, 0};
}

// In the order of Format.
inline constexpr Layout kLayouts[] = {
    {{kRdPiece, kRs1Piece, kRs2Piece}},
    {{kRdPiece, kRs1Piece, imm(20, 12, 0)}, 11},
    {{kRdPiece, kRs1Piece, imm(20, 6, 0)}},
    {{kRdPiece, kRs1Piece, imm(20, 5, 0)}},
    {{kRdPiece, kRs1Piece}},
    {{kRs1Piece, kRs2Piece, imm(7, 5, 0), imm(25, 7, 5)}, 11},
    {{kRs1Piece, kRs2Piece, imm(8, 4, 1), imm(25, 6, 5), imm(7, 1, 11), imm(31, 1, 12)}, 12},
    {{kRdPiece, imm(12, 20, 12)}, 31},
    {{kRdPiece, imm(21, 10, 1), imm(20, 1, 11), imm(12, 8, 12), imm(31, 1, 20)}, 20},
    {{kRdPiece, kRs1Piece, kRs2Piece, kAqPiece, kRlPiece}},
    {{kRdPiece, kRs1Piece, kAqPiece, kRlPiece}},
    {{kRdPiece, kRs1Piece, imm(20, 12, 0)}},
    {{kRdPiece, kRs1Piece, imm(20, 12, 0)}},
    {{imm(20, 8, 0)}},
    {{}},
};
static_assert(std::size(kLayouts) == kFormatCount);

// The lowest bit of the constant field at the word's top.
constexpr unsigned high_at(Format format) {
  switch (format) {
    case Format::kR:
    case Format::kShift5:
      return 25;
    case Format::kShift6:
      return 26;
    case Format::kUnary:
    case Format::kNone:
      return 20;
    case Format::kAmo:
    case Format::kLr:
      return 27;
    case Format::kFence:
      return 28;
    case Format::kI:
    case Format::kS:
    case Format::kB:
    case Format::kU:
    case Format::kJ:
    case Format::kCsr:
    case Format::kCsrImm:
      return 0;
  }
  __builtin_unreachable();
}

// The member that a piece is about, of Operands or const Operands.
template <class O>
constexpr auto& member(O& operands, Operand operand) {
  switch (operand) {
    case Operand::kRd:
      return operands.rd;
    case Operand::kRs1:
      return operands.rs1;
    case Operand::kRs2:
      return operands.rs2;
    case Operand::kImm:
      return operands.imm;
    case Operand::kAq:
      return operands.aq;
    case Operand::kRl:
      return operands.rl;
  }
  __builtin_unreachable();
}

constexpr uint64_t ones(unsigned width) { return (uint64_t{1} << width) - 1; }

}  // namespace internal

constexpr const Layout& layout_of(Format format) {
  return internal::kLayouts[static_cast<size_t>(format)];
}

// The operands' bits of the encoding; the others are zero. Bits of an operand that have no place
// are lost: see `fits`.
template <Word W>
constexpr Resize<W, 32> pack(const Layout& layout, const Operands<W>& operands) {
  W word = W::of(0);
  for (const Piece& p : layout.pieces) {
    if (p.width == 0) continue;
    const W& operand = internal::member(operands, p.operand);
    const W bits = lshr(operand, W::of(p.from)) & W::of(internal::ones(p.width));
    word = word | shl(bits, W::of(p.at));
  }
  return trunc<32>(word);
}

// The operands of an encoding.
template <Word W>
constexpr Operands<W> unpack(const Layout& layout, Resize<W, 32> encoding) {
  const W word = zext<64>(encoding);
  Operands<W> operands;
  for (const Piece& p : layout.pieces) {
    if (p.width == 0 && p.plus == 0) continue;
    W& operand = internal::member(operands, p.operand);
    const W bits = lshr(word, W::of(p.at)) & W::of(internal::ones(p.width));
    operand = operand | shl(bits, W::of(p.from)) | W::of(p.plus);
  }
  if (layout.sign != 0) {
    const W spare = W::of(63 - layout.sign);
    operands.imm = ashr(shl(operands.imm, spare), spare);
  }
  return operands;
}

// Whether the layout has room for these operands: in range, aligned, equal where they share bits.
template <Word W>
constexpr typename W::Bool fits(const Layout& layout, const Operands<W>& operands) {
  return unpack<W>(layout, pack(layout, operands)) == operands;
}

}  // namespace zext::rv64
