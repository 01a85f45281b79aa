// Programs of any size in the shapes that a JIT's layout finds hardest, for tests and figures.
//
//   for (const Shape& shape : kShapes) compile(shape.program(1'000'000), {});
//
// Each ends, whatever r1 and r2 are, after at most a few passes over its instructions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "isa/ebpf/decode.h"
#include "isa/ebpf/encode.h"

namespace zext::jit {

// Slots that grow by instructions. `imm` is sign-extended as eBPF's is.
class Slots {
 public:
  uint32_t size() const { return static_cast<uint32_t>(slots_.size()); }
  void add(ebpf::Op op, ebpf::Reg dst = 0, ebpf::Reg src = 0, int64_t offset = 0, int64_t imm = 0) {
    ebpf::append({.op = op,
                  .dst = dst,
                  .src = src,
                  .offset = static_cast<int16_t>(offset),
                  .imm = Bits<64>::of(static_cast<uint64_t>(imm))},
                 slots_);
  }
  void add_imm(ebpf::Op op, ebpf::Reg dst, int64_t imm) { add(op, dst, 0, 0, imm); }
  // A jump, by goto or gotol, from here to a slot.
  void gotol(int64_t to) { add(ebpf::Op::kGotol, 0, 0, 0, to - size() - 1); }
  // `count` times r0 += 1, each of two bytes.
  void filler(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) add_imm(ebpf::Op::kAdd64Imm, 0, 1);
  }

  const std::vector<ebpf::Slot>& slots() const { return slots_; }
  ebpf::Code code() const {
    auto code = ebpf::decode_program(slots_);
    return code ? std::move(*code) : ebpf::Code();  // size() is 0 if malformed
  }

 private:
  std::vector<ebpf::Slot> slots_;
};

namespace shapes {

using ebpf::Op;

inline void start(Slots& slots) { slots.add_imm(Op::kMov64Imm, 0, 0); }

// No jump at all.
inline Slots straight(uint32_t size) {
  Slots slots;
  start(slots);
  for (uint32_t i = 2; i < size; ++i) {
    slots.add_imm(i % 2 == 0 ? Op::kAdd64Imm : Op::kXor64Imm, 0, i % 5 * 1000);
  }
  slots.add(Op::kExit);
  return slots;
}

// A fourth are conditional jumps, as far forward as their 16 bits go.
inline Slots far_branches(uint32_t size) {
  constexpr int64_t kFarthest = 32767;
  Slots slots;
  start(slots);
  while (slots.size() + 2 < size) {
    if (slots.size() % 4 == 1) {
      const int64_t left = size - slots.size() - 2;  // to the exit
      slots.add(slots.size() % 8 == 1 ? Op::kJeq64Imm : Op::kJlt64Reg, 1, 2,
                std::min(left, kFarthest));
      continue;
    }
    slots.add_imm(Op::kAdd64Imm, 0, slots.size() % 3);
  }
  slots.add_imm(Op::kAdd64Imm, 0, 1);
  slots.add(Op::kExit);
  return slots;
}

// Pairs of jumps that cross the whole program: forward, and from there back.
inline Slots crossing(uint32_t size) {
  Slots slots;
  start(slots);
  const uint32_t pairs = (size - 2) / 2;
  // Slot 1 + i goes to 1 + pairs + i, and that to 2 + i; the last is the exit.
  for (uint32_t i = 0; i < pairs; ++i) slots.gotol(int64_t{1} + pairs + i);
  for (uint32_t i = 0; i + 1 < pairs; ++i) slots.gotol(int64_t{2} + i);
  slots.add(Op::kExit);
  return slots;
}

// Functions of eight instructions, each called once by the first.
inline Slots functions(uint32_t size) {
  constexpr uint32_t kBody = 8;
  const uint32_t count = (size - 4) / (kBody + 1);
  Slots slots;
  start(slots);
  slots.add(Op::kMov64Reg, 6, 0);
  const uint32_t first = 2 + count + 2;
  for (uint32_t i = 0; i < count; ++i) {
    slots.add(Op::kCallLocal, 0, 1, 0, int64_t{first} + int64_t{i} * kBody - slots.size() - 1);
  }
  slots.add(Op::kAdd64Reg, 0, 6);
  slots.add(Op::kExit);
  for (uint32_t i = 0; i < count; ++i) {
    slots.add_imm(Op::kMov64Imm, 0, i);
    for (uint32_t n = 2; n < kBody; ++n) slots.add_imm(Op::kAdd64Imm, 0, n);
    slots.add(Op::kExit);
  }
  return slots;
}

// One jump over all the rest.
inline Slots jump_over(uint32_t size) {
  Slots slots;
  start(slots);
  slots.gotol(size - 1);
  while (slots.size() + 1 < size) slots.add_imm(Op::kAdd64Imm, 0, 7);
  slots.add(Op::kExit);
  return slots;
}

// Each second instruction is a jump whose target is just in reach of two bytes, until jumps that it
// goes over grow, as the last ones must: growth that comes back through the whole program.
inline Slots chain(uint32_t size) {
  constexpr uint32_t kOver = 125;  // slots, half of them jumps: 252 bytes
  constexpr uint32_t kTail = 300;
  Slots slots;
  start(slots);
  while (slots.size() + kTail < size) {
    slots.add(Op::kJeq64Imm, 1, 0, kOver);
    slots.add_imm(Op::kAdd64Imm, 0, 1);
  }
  while (slots.size() + 1 < size) slots.add_imm(Op::kAdd64Imm, 0, 100);  // four bytes each
  slots.add(Op::kExit);
  return slots;
}

}  // namespace shapes

struct Shape {
  const char* name;
  Slots (*program)(uint32_t size);  // of about `size` instructions, at least 1000
};
inline constexpr Shape kShapes[] = {
    {"straight", shapes::straight},   {"far_branches", shapes::far_branches},
    {"crossing", shapes::crossing},   {"functions", shapes::functions},
    {"jump_over", shapes::jump_over}, {"chain", shapes::chain},
};

}  // namespace zext::jit
