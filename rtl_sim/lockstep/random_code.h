// What generators of random programs share: random choices, and writing instructions down.
//
//   RandomCode random(7);
//   std::vector<uint8_t> bytes;
//   random.load(bytes, rv64::kA0, random.interesting());
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "isa/rv64/encode.h"
#include "isa/rv64/insn.h"

namespace zext::rtl_sim::lockstep {

class RandomCode {
 public:
  explicit RandomCode(uint64_t seed) : random_(seed) {}

  uint64_t bits() { return random_(); }
  uint64_t below(uint64_t bound) { return random_() % bound; }
  bool one_in(unsigned n) { return below(n) == 0; }

  // One of `all`, which is not empty.
  template <class T>
  const T& pick(std::span<const T> all) {
    return all[below(all.size())];
  }

  // A value that arithmetic and addresses find hard: few bits, many bits, small, large, any.
  uint64_t interesting();

  static rv64::Instruction<> make(rv64::Op op, unsigned rd, unsigned rs1, unsigned rs2,
                                  uint64_t imm = 0);
  static void append(std::vector<uint8_t>& bytes, uint32_t bits, unsigned count);
  static void append(std::vector<uint8_t>& bytes, const rv64::Instruction<>& insn) {
    append(bytes, rv64::encode(insn), 4);
  }

  // `li`, in instructions of 32 bits: one to eleven of them.
  static void load(std::vector<uint8_t>& bytes, unsigned rd, uint64_t value);

 private:
  std::mt19937_64 random_;
};

}  // namespace zext::rtl_sim::lockstep
