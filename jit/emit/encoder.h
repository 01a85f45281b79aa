// Encoder: instructions to bytes, compressed where there is a form.
//
//   Encoder encoder(true);
//   encoder.append({.op = Op::kAddi, .rd = kA0, .rs1 = kA0, .imm = Bits<64>::of(1)});  // 05 05
//   encoder.bytes()
#pragma once

#include <cstdint>
#include <vector>

#include "jit/baseline/emitter.h"
#include "jit/emit/compression.h"
#include "jit/emit/packing.h"

namespace zext::jit {

// An instruction as bits, in 2 or 4 bytes. Without initial values, since arrays of it are filled
// for each lowering.
struct Encoding {
  uint32_t bits;
  uint8_t bytes;
};

inline Encoding encoding_of(const rv64::Instruction<>& insn, bool compressed) {
  if (compressed) {
    if (const auto half = jit::compressed(insn)) return {*half, 2};
  }
  return {encode_quickly(insn), 4};
}

class Encoder {
 public:
  explicit Encoder(bool compressed) : compressed_(compressed) {}

  bool compressed() const { return compressed_; }
  uint32_t size() const { return static_cast<uint32_t>(bytes_.size()); }
  const std::vector<uint8_t>& bytes() const { return bytes_; }
  std::vector<uint8_t> take() { return std::move(bytes_); }
  void reserve(size_t bytes) { bytes_.reserve(bytes); }

  void append(const rv64::Instruction<>& insn) { put(encoding_of(insn, compressed_)); }
  // As 4 bytes, also where there is a compressed form.
  void append_wide(const rv64::Instruction<>& insn) { put({encode_quickly(insn), 4}); }
  void append(const uint8_t* from, size_t count) {
    bytes_.insert(bytes_.end(), from, from + count);
  }

  // A whole lowering, with the branches inside it resolved.
  void append(const Emitter<Bits<64>>& lowering);

 private:
  void put(Encoding encoding) {
    const uint32_t bits = encoding.bits;
    const uint8_t bytes[] = {static_cast<uint8_t>(bits), static_cast<uint8_t>(bits >> 8),
                             static_cast<uint8_t>(bits >> 16), static_cast<uint8_t>(bits >> 24)};
    bytes_.insert(bytes_.end(), bytes, bytes + encoding.bytes);
  }

  std::vector<uint8_t> bytes_;
  bool compressed_;
};

}  // namespace zext::jit
