// Encoder: instructions to bytes, compressed where there is a form.
//
//   Encoder encoder(true);
//   encoder.append({.op = Op::kAddi, .rd = kA0, .rs1 = kA0, .imm = Bits<64>::of(1)});  // 05 05
//   encoder.bytes()
#pragma once

#include <cstdint>
#include <vector>

#include "isa/rv64/compressed.h"
#include "isa/rv64/encode.h"
#include "jit/baseline/emitter.h"

namespace zext::jit {

// An instruction as bits, in 2 or 4 bytes.
struct Encoding {
  uint32_t bits = 0;
  uint8_t bytes = 4;
};

inline Encoding encoding_of(const rv64::Instruction<>& insn, bool compressed) {
  if (compressed) {
    if (const auto half = rv64::compress(insn)) return {*half, 2};
  }
  return {rv64::encode(insn), 4};
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
  void append_wide(const rv64::Instruction<>& insn) { put({rv64::encode(insn), 4}); }
  void append(const uint8_t* from, size_t count) {
    bytes_.insert(bytes_.end(), from, from + count);
  }

  // A whole lowering, with the branches inside it resolved.
  void append(const Emitter<Bits<64>>& lowering);

 private:
  void put(Encoding encoding) {
    const size_t at = bytes_.size();
    bytes_.resize(at + encoding.bytes);
    for (unsigned i = 0; i < encoding.bytes; ++i) {
      bytes_[at + i] = static_cast<uint8_t>(encoding.bits >> (8 * i));
    }
  }

  std::vector<uint8_t> bytes_;
  bool compressed_;
};

}  // namespace zext::jit
