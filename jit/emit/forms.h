// Forms of a jump: the instructions that get from here to a place `distance` bytes away, by how far
// that is. Over Bits they are what layout writes, over Bv what proofs/lowerings/forms_test.cc shows
// to arrive.
//
//   const Shape shape{Transfer::kBranch, 2, true};      // the inverted branch over a jal
//   shape.bytes()                                       // 6
//   reaches(shape, W::of(5000))                         // true
//   FormCode<W> code;
//   write_form(code, shape, {Op::kBne, kA0, kZero}, W::of(5000));   // c.beqz a0, 6; jal 4998
//
// A branch is compressed (256 bytes away), plain (4 KiB), inverted over a jal (1 MiB), inverted
// over auipc and jalr (2 GiB); a jump is c.j (2 KiB), jal, auipc and jalr; a call jal, auipc and
// jalr.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "jit/baseline/jump.h"
#include "jit/baseline/outside.h"

namespace zext::jit {

enum class Transfer : uint8_t { kBranch, kJump, kCall };

struct Shape {
  static constexpr uint8_t kLongest = 3;

  Transfer transfer = Transfer::kJump;
  uint8_t form = 0;         // from shortest to longest; some of a transfer's are the same
  bool compresses = false;  // whether its first instruction has a compressed form

  // Whether that instruction takes the compressed form, where it has one; all others never do.
  constexpr bool first_is_short() const {
    return form == 0 || (transfer == Transfer::kBranch && form >= 2);
  }
  constexpr unsigned bytes() const {
    const unsigned first = compresses && first_is_short() ? 2 : 4;
    return first + rest_bytes();
  }
  // What follows an inverted branch, or an auipc.
  constexpr unsigned rest_bytes() const {
    if (transfer != Transfer::kBranch) return form == kLongest ? 4 : 0;
    return form == kLongest ? 8 : form == 2 ? 4 : 0;
  }
};

// Whether the form gets `distance` (even) bytes from its start.
template <Word W>
constexpr typename W::Bool reaches(const Shape& shape, W distance) {
  const bool half = shape.compresses;
  if (shape.transfer == Transfer::kBranch) {
    if (shape.form == 0) return fits_signed(half ? 9 : 13, distance);
    if (shape.form == 1) return fits_signed(13, distance);
    const W rest = distance - W::of(shape.bytes() - shape.rest_bytes());
    return shape.form == 2 ? jal_reaches(rest) : pair_reaches(rest);
  }
  if (shape.form == Shape::kLongest) return pair_reaches(distance);
  return half && shape.form == 0 ? fits_signed(12, distance) : jal_reaches(distance);
}

// Up to three instructions; what write_form writes to.
template <Word W, Mutation kMutation_ = Mutation::kNone>
class FormCode {
 public:
  static constexpr Mutation kMutation = kMutation_;

  void push(const rv64::Instruction<W>& insn) { insns_[size_++] = insn; }
  void add_imm(rv64::Op op, rv64::Reg rd, rv64::Reg rs1, W imm) {
    push({.op = op, .rd = rd, .rs1 = rs1, .imm = imm});
  }
  std::span<const rv64::Instruction<W>> insns() const { return {insns_.data(), size_}; }

 private:
  std::array<rv64::Instruction<W>, 3> insns_{};
  uint8_t size_ = 0;
};

// The form's instructions. `branch` counts for kBranch only. The longest clobbers kScratch2; calls
// link in ra.
template <class F, Word W>
void write_form(F& code, const Shape& shape, const Branch& branch, W distance) {
  const bool branches = shape.transfer == Transfer::kBranch;
  if (branches && shape.form < 2) {
    return code.push({.op = branch.op, .rs1 = branch.rs1, .rs2 = branch.rs2, .imm = distance});
  }
  if (branches) {
    unsigned over = shape.bytes();
    if constexpr (F::kMutation == Mutation::kSkipTooShort) over -= 4;
    code.push({.op = inverted<F::kMutation>(branch.op),
               .rs1 = branch.rs1,
               .rs2 = branch.rs2,
               .imm = W::of(over)});
    distance = distance - W::of(shape.bytes() - shape.rest_bytes());
  }
  const rv64::Reg link = shape.transfer == Transfer::kCall ? rv64::kRa : rv64::kZero;
  if (shape.form == Shape::kLongest) {
    return go_relative(code, link, link == rv64::kZero ? kScratch2 : link, distance);
  }
  code.push({.op = rv64::Op::kJal, .rd = link, .imm = distance});
}

}  // namespace zext::jit
