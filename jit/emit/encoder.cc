#include "jit/emit/encoder.h"

#include <array>

namespace zext::jit {

void Encoder::append(const Emitter<Bits<64>>& lowering) {
  using E = Emitter<Bits<64>>;
  std::array<Encoding, E::kMaxInstructions> encodings;
  std::array<uint32_t, E::kMaxInstructions + 1> offsets;
  const auto items = lowering.items();
  bool branches = false;
  uint32_t offset = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    // A branch of a few bytes has the same length as one of two.
    rv64::Instruction<> insn = items[i].insn;
    if (items[i].target != E::kNoTarget) {
      insn.imm = Bits<64>::of(2);
      branches = true;
    }
    encodings[i] = encoding_of(insn, compressed_);
    offsets[i] = offset;
    offset += encodings[i].bytes;
  }
  offsets[items.size()] = offset;
  for (size_t i = 0; branches && i < items.size(); ++i) {
    if (items[i].target == E::kNoTarget) continue;
    rv64::Instruction<> insn = items[i].insn;
    const uint32_t to = offsets[static_cast<uint8_t>(items[i].target)];
    insn.imm = Bits<64>::of(uint64_t{to} - offsets[i]);
    encodings[i] = encoding_of(insn, compressed_);
  }
  for (size_t i = 0; i < items.size(); ++i) put(encodings[i]);
}

}  // namespace zext::jit
