// Emitter: the RV64 instructions that one eBPF instruction becomes.
//
//   Emitter<Bits<64>> e({.extensions = kRv64gc});
//   e.add(Op::kAdd, kA0, kA0, kA1);
//   const auto skip = e.branch(Op::kBne, kA1, kZero);     // to where land(skip) is
//   e.add_imm(Op::kAddi, kA0, kZero, W::of(0));
//   e.land(skip);
//
// Over Bits it feeds jit/emit, over Bv a theorem. Instructions are whole here; whether one is
// compressed, and so how far a branch inside a lowering goes in bytes, is jit/emit's to say.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "isa/rv64/insn.h"
#include "jit/baseline/mutation.h"
#include "jit/baseline/registers.h"
#include "jit/baseline/upper.h"
#include "jit/extensions.h"
#include "word/word.h"

namespace zext::jit {

template <Word W>
struct KeptConstant {
  W value;
  rv64::Reg reg;
};

// What a lowering may rely on besides its instruction.
template <Word W>
struct Context {
  Extensions extensions = kRv64gc;
  // r10 - sp, at most 512.
  W stack_top = W::of(ebpf::kStackSize);
  // What is known of upper halves before the instruction, and which of them count after it.
  Uppers uppers = {};
  RegisterSet counts = kAllRegisters;
  // The register that holds the instruction's left operand, if it is not dst: that of a move to dst
  // which the instruction takes in.
  ebpf::Reg left = kDst;

  // Registers that hold a constant throughout the function.
  std::span<const KeptConstant<W>> kept = {};
  // Constants are blinded by this random word (blinding.h).
  std::optional<W> mask = {};

  static constexpr ebpf::Reg kDst = 0xff;
};

template <Word W, Mutation kMutation_ = Mutation::kNone>
class Emitter {
 public:
  using Value = W;
  using Op = rv64::Op;
  using Reg = rv64::Reg;
  static constexpr Mutation kMutation = kMutation_;
  // Longest lowering: bswap64 without Zbb.
  static constexpr unsigned kMaxInstructions = 32;
  static constexpr int8_t kNoTarget = -1;

  struct Item {
    rv64::Instruction<W> insn;
    int8_t target = kNoTarget;  // index of the item that a branch inside the lowering goes to
  };

  Emitter() = default;
  explicit Emitter(const Context<W>& context) : context(context) {}

  void add(Op op, Reg rd, Reg rs1, Reg rs2) { push({.op = op, .rd = rd, .rs1 = rs1, .rs2 = rs2}); }
  void add_imm(Op op, Reg rd, Reg rs1, W imm) {
    push({.op = op, .rd = rd, .rs1 = rs1, .imm = imm});
  }
  void move(Reg rd, Reg rs) {
    if (rd != rs) add_imm(Op::kAddi, rd, rs, W::of(0));
  }
  void push(const rv64::Instruction<W>& insn) {
    items_[size_].insn = insn;
    items_[size_++].target = kNoTarget;
  }

  // A branch forward; its item, for land().
  uint8_t branch(Op op, Reg rs1, Reg rs2) {
    push({.op = op, .rs1 = rs1, .rs2 = rs2});
    return static_cast<uint8_t>(size_ - 1);
  }
  void land(uint8_t branch) { items_[branch].target = static_cast<int8_t>(size_); }
  // A branch backward to the item of that index.
  void branch_back(Op op, Reg rs1, Reg rs2, uint8_t to) {
    push({.op = op, .rs1 = rs1, .rs2 = rs2});
    items_[size_ - 1].target = static_cast<int8_t>(to);
  }

  uint8_t size() const { return size_; }
  std::span<const Item> items() const { return {items_.data(), size_}; }
  void clear() { size_ = 0; }

  bool has(rv64::Extension extension) const { return context.extensions.has(extension); }
  // What is known of a register's upper half (nothing, of r10's), and whether it counts afterwards.
  Upper upper(ebpf::Reg reg) const {
    return reg == ebpf::kFramePointer ? Upper{} : context.uppers.of(reg);
  }
  bool counts(ebpf::Reg reg) const { return context.counts.has(reg); }

  // The registers that hold the operands of `dst op= src`.
  ebpf::Reg left(const ebpf::Instruction<W>& insn) const {
    return context.left == Context<W>::kDst ? insn.dst : context.left;
  }
  ebpf::Reg right(const ebpf::Instruction<W>& insn) const {
    return insn.src == insn.dst ? left(insn) : insn.src;
  }

  // The register with eBPF register `reg` in it: its home, or `scratch` for r10.
  Reg read(ebpf::Reg reg, Reg scratch) {
    if (reg != ebpf::kFramePointer) return home(reg);
    add_imm(Op::kAddi, scratch, rv64::kSp, context.stack_top);
    return scratch;
  }

  Context<W> context;

 private:
  std::array<Item, kMaxInstructions> items_;
  uint8_t size_ = 0;
};

}  // namespace zext::jit
