// From bits to instructions: total, and each word that is no instruction is an error.
//
//   auto decoded = decode(0x00150513);     // or of a word whose low half is a compressed one
//   decoded->insn;                         // addi a0, a0, 1
//   decoded->bytes;                        // 4
//
// What counts: the rows of insns.def and compressed.def, so also HINTs, which are executed as what
// they look like. Reserved encodings are errors, and so are fields that other extensions use.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "isa/rv64/buckets.h"
#include "isa/rv64/compressed.h"
#include "isa/rv64/insn.h"

namespace zext::rv64 {

struct Decoded {
  Instruction<> insn;
  unsigned bytes = 4;                         // 2 or 4
  const CompressedRow* compressed = nullptr;  // of a compressed instruction

  // Whether the instruction is reserved for hints, by its compressed encoding.
  constexpr bool is_hint() const { return compressed != nullptr && compressed->is_hint(insn); }
};

struct DecodeError {
  enum class Kind : uint8_t {
    kUnknown,            // no 32-bit instruction has these bits
    kUnknownCompressed,  // no 16-bit instruction has these bits
    kZero,               // sixteen zeros: defined to be illegal
    kTooLong,            // an encoding of 48 bits or more
  };
  Kind kind = Kind::kUnknown;
  uint32_t bits = 0;  // the instruction's, 16 or 32
};

// What is wrong, in one line.
std::string describe(const DecodeError& error);

namespace internal {

// Opcode bits 6..2 and funct3; rows without a funct3 are in eight buckets.
template <Word W>
constexpr W key_of(W bits) {
  return (lshr(bits, W::of(2)) & W::of(31)) | (lshr(bits, W::of(7)) & W::of(7 << 5));
}

inline constexpr auto kRowsByKey = buckets<256, kRows, [](const Row& row, size_t key) {
  const uint32_t bits =
      3 | static_cast<uint32_t>(key & 31) << 2 | static_cast<uint32_t>(key >> 5) << 12;
  return ((bits ^ row.match) & row.mask & 0x707f) == 0;
}>();

}  // namespace internal

// The row of a 32-bit instruction's encoding, or null.
constexpr const Row* find_row(uint32_t bits) {
  if ((bits & 3) != 3) return nullptr;
  for (const uint8_t index :
       internal::kRowsByKey.at(internal::key_of(Bits<32>::of(bits)).value())) {
    const Row& row = kRows[index];
    if ((bits & row.mask) == row.match) return &row;
  }
  return nullptr;
}

// Bytes of the instruction that starts with this halfword: 2, 4, or 0 for longer ones, which this
// instruction set has none of (manual, section 1.5).
constexpr unsigned length_of(uint16_t first) {
  if ((first & 3) != 3) return 2;
  return (first & 0x1f) != 0x1f ? 4 : 0;
}

// The instruction in the word's low 16 or all its 32 bits.
constexpr std::expected<Decoded, DecodeError> decode(uint32_t bits) {
  using Kind = DecodeError::Kind;
  const uint16_t low = static_cast<uint16_t>(bits);
  switch (length_of(low)) {
    case 0:
      return std::unexpected(DecodeError{Kind::kTooLong, bits});
    case 2: {
      const std::optional<Expansion> expansion = expand(low);
      if (expansion) return Decoded{expansion->insn, 2, expansion->row};
      return std::unexpected(DecodeError{low == 0 ? Kind::kZero : Kind::kUnknownCompressed, low});
    }
    default: {
      const Row* row = find_row(bits);
      if (row == nullptr) return std::unexpected(DecodeError{Kind::kUnknown, bits});
      const auto operands = unpack<Bits<64>>(layout_of(row->format), Bits<32>::of(bits));
      return Decoded{instruction_of(row->op, operands), 4, nullptr};
    }
  }
}

}  // namespace zext::rv64
