// What random programs are made of: numbers, constants with telling upper halves, rows of the
// table.
//
//   Random random(seed);
//   if (random.one_in(3)) use(random.immediate());
//   const ebpf::Row& row = random.any_row({ebpf::Kind::kLoad, ebpf::Kind::kStore});
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <random>

#include "isa/ebpf/insn.h"

namespace zext::jit::fuzz {

class Random {
 public:
  explicit Random(uint64_t seed) : random_(seed) {
    for (int64_t& imm : palette_) imm = fresh_immediate();
    for (uint64_t& value : wide_palette_) value = fresh_constant();
  }

  uint64_t below(uint64_t limit) { return random_() % limit; }
  bool one_in(uint64_t n) { return below(n) == 0; }
  template <class Container>
  auto any_of(const Container& values) {
    return *(std::begin(values) + static_cast<ptrdiff_t>(below(std::size(values))));
  }
  template <class T>
  T any_of(std::initializer_list<T> values) {
    return *(values.begin() + below(values.size()));
  }

  // Of 32 and 64 bits; mostly of the few that a program uses again and again.
  int64_t immediate() { return one_in(2) ? any_of(palette_) : fresh_immediate(); }

  uint64_t constant() { return one_in(2) ? any_of(wide_palette_) : fresh_constant(); }

  const ebpf::Row& any_row(std::initializer_list<ebpf::Kind> kinds) {
    for (;;) {
      const ebpf::Row& row = ebpf::kRows[below(ebpf::kRowCount)];
      if (std::ranges::find(kinds, row.kind) != kinds.end()) return row;
    }
  }

  // Of that width, if it is given. Half of it keeps what is in a value, so that values do not all
  // end as zero.
  const ebpf::Row& any_alu(unsigned width = 0) {
    for (;;) {
      const ebpf::Row& row = any_row({ebpf::Kind::kAlu});
      if (width != 0 && row.width != width) continue;
      if (one_in(3) || keeping(row.alu)) return row;
    }
  }

 private:
  // Both signs, since that is what upper halves are about.
  int64_t fresh_immediate() {
    static constexpr int64_t kEdges[] = {
        0,    1,     -1,   2,           -2,         8,           31,           32,    -32,
        63,   255,   -256, 2047,        2048,       -2048,       -2049,        65535, -65536,
        4095, -4096, 4096, -0x12345678, 0x7fffffff, -0x7fffffff, -0x80000000LL};
    switch (below(3)) {
      case 0:
        return static_cast<int32_t>(random_());
      case 1:
        return static_cast<int32_t>(uint32_t{1} << below(32) | uint32_t{1} << below(32));
      default:
        return any_of(kEdges);
    }
  }
  uint64_t fresh_constant() {
    const uint64_t low = static_cast<uint32_t>(fresh_immediate());
    const uint64_t sign = uint64_t{1} << 31;
    switch (below(5)) {
      case 0:
        return low | sign;  // zero-extended, and not sign-extended
      case 1:
        return (low & ~sign) | ~uint64_t{0xffffffff};  // neither
      case 2:
        return low | uint64_t{1} << (32 + below(32));
      default:
        return random_();
    }
  }
  static bool keeping(ebpf::AluOp op) {
    switch (op) {
      case ebpf::AluOp::kAdd:
      case ebpf::AluOp::kSub:
      case ebpf::AluOp::kXor:
      case ebpf::AluOp::kMov:
        return true;
      case ebpf::AluOp::kMul:
      case ebpf::AluOp::kDiv:
      case ebpf::AluOp::kSdiv:
      case ebpf::AluOp::kOr:
      case ebpf::AluOp::kAnd:
      case ebpf::AluOp::kLsh:
      case ebpf::AluOp::kRsh:
      case ebpf::AluOp::kMod:
      case ebpf::AluOp::kSmod:
      case ebpf::AluOp::kArsh:
        return false;
    }
    return false;
  }

  std::mt19937_64 random_;
  std::array<int64_t, 3> palette_{};
  std::array<uint64_t, 2> wide_palette_{};
};

}  // namespace zext::jit::fuzz
