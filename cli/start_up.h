// StartUp: the few RV64 instructions around a program, written by hand.
//
//   StartUp code(0x80000000);
//   code.address(kSp, kStackTop);               // auipc, addi
//   code.add(Op::kCsrrw, 0, kT0, 0, kMtvec);
//   code.bytes()
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "isa/rv64/encode.h"
#include "isa/rv64/insn.h"

namespace zext::cli {

// Control and status registers by number (privileged architecture, table 2.5).
inline constexpr int64_t kMtvec = 0x305;
inline constexpr int64_t kMscratch = 0x340;
inline constexpr int64_t kMepc = 0x341;
inline constexpr int64_t kMcause = 0x342;
inline constexpr int64_t kMtval = 0x343;

inline void append(const rv64::Instruction<>& insn, std::vector<uint8_t>& bytes) {
  const uint32_t word = rv64::encode(insn);
  for (unsigned shift = 0; shift < 32; shift += 8) {
    bytes.push_back(static_cast<uint8_t>(word >> shift));
  }
}

// Instructions at a known address; every address it names lies within 2 GiB of it.
class StartUp {
  using Op = rv64::Op;

 public:
  explicit StartUp(uint64_t address) : address_(address) {}

  void add(Op op, uint8_t rd, uint8_t rs1, uint8_t rs2, int64_t imm) {
    append({.op = op,
            .rd = rd,
            .rs1 = rs1,
            .rs2 = rs2,
            .imm = Bits<64>::of(static_cast<uint64_t>(imm))},
           bytes_);
  }

  uint64_t here() const { return address_ + bytes_.size(); }

  // rd = address, by auipc and `op` (addi, jalr, ld, sd) with the low part.
  void address(uint8_t rd, uint64_t target) {
    const int64_t distance = static_cast<int64_t>(target - here());
    const int64_t low = (distance & 0xfff) - ((distance & 0x800) << 1);
    add(Op::kAuipc, rd, 0, 0, distance - low);
    add(Op::kAddi, rd, rd, 0, low);
  }

  // rd = a value below 2^31.
  void constant(uint8_t rd, uint64_t value) {
    const int64_t low =
        static_cast<int64_t>(value & 0xfff) - static_cast<int64_t>((value & 0x800) << 1);
    add(Op::kLui, rd, 0, 0, static_cast<int64_t>(value) - low);
    add(Op::kAddiw, rd, rd, 0, low);
  }

  void store(uint8_t value, uint64_t target, uint8_t scratch) {
    address(scratch, target);
    add(Op::kSd, 0, scratch, value, 0);
  }

  // A branch to a place that is known already, or to be given by land().
  void branch_back(Op op, uint8_t rs1, uint8_t rs2, uint64_t to) {
    add(op, 0, rs1, rs2, static_cast<int64_t>(to - here()));
  }
  size_t branch(Op op, uint8_t rs1, uint8_t rs2) {
    forward_.push_back({.op = op, .rs1 = rs1, .rs2 = rs2});
    at_.push_back(bytes_.size());
    add(op, 0, rs1, rs2, 0);
    return forward_.size() - 1;
  }
  void land(size_t branch) {
    rv64::Instruction<> insn = forward_[branch];
    insn.imm = Bits<64>::of(bytes_.size() - at_[branch]);
    std::vector<uint8_t> bytes;
    append(insn, bytes);
    std::ranges::copy(bytes, bytes_.begin() + static_cast<std::ptrdiff_t>(at_[branch]));
  }

  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  uint64_t address_;
  std::vector<uint8_t> bytes_;
  std::vector<rv64::Instruction<>> forward_;  // branches to be landed,
  std::vector<size_t> at_;                    // and where they are
};

}  // namespace zext::cli
