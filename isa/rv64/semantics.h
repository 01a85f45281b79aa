// What each RV64 instruction does to values: the meanings of insns.def as functions over any Word.
//
//   Instruction<> insn{.op = Op::kAddw};
//   compute(insn, Bits<64>::of(0x7fffffff), Bits<64>::of(1), Bits<64>::of(0));  //
//   0xffffffff80000000
//
// machine.h computes with them; the proofs compare the JIT's lowerings against eBPF with them.
#pragma once

#include "isa/rv64/insn.h"
#include "word/word.h"

namespace zext::rv64 {

// The words that the table's meanings are written in.
namespace meaning {

template <Word W>
constexpr W flag(typename W::Bool condition) {
  return select(condition, W::of(1), W::of(0));
}

template <Word W>
constexpr Resize<W, 32> low(W x) {
  return trunc<32>(x);
}

// A shift amount in a register: only its low 5 or 6 bits count.
template <Word W>
constexpr W amount(W x) {
  return x & W::of(W::kWidth - 1);
}

// Division by zero gives -1 (manual, section 13.2), where SMT-LIB's sdiv may give 1.
template <Word W>
constexpr W quotient(W a, W b) {
  return select(b == W::of(0), ~W::of(0), sdiv(a, b));
}

template <Word W>
constexpr W rotate_left(W x, W by) {
  return shl(x, amount(by)) | lshr(x, amount(W::of(0) - by));
}

template <Word W>
constexpr W rotate_right(W x, W by) {
  return lshr(x, amount(by)) | shl(x, amount(W::of(0) - by));
}

// Halving search: log2(width) steps, each a comparison with constants.
template <Word W>
constexpr W leading_zeros(W x) {
  W count = W::of(0);
  for (unsigned step = W::kWidth / 2; step > 0; step /= 2) {
    const auto zeros = lshr(x, W::of(W::kWidth - step)) == W::of(0);
    count = count + select(zeros, W::of(step), W::of(0));
    x = select(zeros, shl(x, W::of(step)), x);
  }
  return count + flag<W>(x == W::of(0));
}

template <Word W>
constexpr W trailing_zeros(W x) {
  W count = W::of(0);
  for (unsigned step = W::kWidth / 2; step > 0; step /= 2) {
    const auto zeros = shl(x, W::of(W::kWidth - step)) == W::of(0);
    count = count + select(zeros, W::of(step), W::of(0));
    x = select(zeros, lshr(x, W::of(step)), x);
  }
  return count + flag<W>(x == W::of(0));
}

// Sums of neighbours: fields of 1, 2, 4, ... bits, each holding the number of ones it had.
template <Word W>
constexpr W population(W x) {
  for (unsigned step = 1; step < W::kWidth; step *= 2) {
    const uint64_t all = ~uint64_t{0};
    const W even = W::of(all / ((uint64_t{1} << step) + 1));
    x = (x & even) + (lshr(x, W::of(step)) & even);
  }
  return x;
}

// Each byte: all ones if it has any.
template <Word W>
constexpr W or_combine_bytes(W x) {
  x = x | lshr(x & W::of(0xf0f0f0f0f0f0f0f0), W::of(4));
  x = x | lshr(x & W::of(0x0c0c0c0c0c0c0c0c), W::of(2));
  x = x | lshr(x & W::of(0x0202020202020202), W::of(1));
  x = x & W::of(0x0101010101010101);
  return shl(x, W::of(8)) - x;
}

}  // namespace meaning

// The value that an instruction of kind kValue gives rd, from the values of its registers and its
// own address. Zero for instructions of other kinds.
template <Word W>
constexpr W compute(const Instruction<W>& insn, W rs1, W rs2, W pc) {
  using namespace meaning;  // NOLINT(google-build-using-namespace): the table's vocabulary
  [[maybe_unused]] const W& imm = insn.imm;
  static_cast<void>(pc);
  static_cast<void>(rs2);
  switch (insn.op) {
#define RV64_VALUE(name, mnemonic, format, opcode, funct3, high, extension, ...) \
  case Op::k##name:                                                              \
    return __VA_ARGS__;
#define RV64_OTHER(name) case Op::k##name:
#define RV64_JUMP(name, ...) RV64_OTHER(name)
#define RV64_BRANCH(name, ...) RV64_OTHER(name)
#define RV64_LOAD(name, ...) RV64_OTHER(name)
#define RV64_STORE(name, ...) RV64_OTHER(name)
#define RV64_AMO(name, ...) RV64_OTHER(name##W) RV64_OTHER(name##D)
#define RV64_RESERVATION(name, ...) RV64_OTHER(name)
#define RV64_CSR(name, ...) RV64_OTHER(name)
#define RV64_SINGLE(name, ...) RV64_OTHER(name)
#include "isa/rv64/insns.def"
#undef RV64_OTHER
    return W::of(0);
  }
  __builtin_unreachable();
}

// Whether an instruction of kind kBranch is taken. Other kinds are not.
template <Word W>
constexpr typename W::Bool taken(const Instruction<W>& insn, W rs1, W rs2) {
#define RV64_BRANCH(name, mnemonic, funct3, ...) \
  if (insn.op == Op::k##name) return __VA_ARGS__;
#include "isa/rv64/insns.def"
  return false;
}

// Where an instruction of kind kJump, or a taken branch, goes to.
template <Word W>
constexpr W target(const Instruction<W>& insn, W rs1, W pc) {
  const W& imm = insn.imm;
#define RV64_JUMP(name, mnemonic, format, opcode, funct3, extension, ...) \
  if (insn.op == Op::k##name) return __VA_ARGS__;
#include "isa/rv64/insns.def"
  return pc + imm;
}

// The address that a load, store, AMO, LR or SC accesses (imm is zero of the latter).
template <Word W>
constexpr W effective_address(const Instruction<W>& insn, W rs1) {
  return rs1 + insn.imm;
}

// The value that an instruction of kind kLoad, kAmo or kLoadReserved gives rd, where the low bytes
// of `memory` were read; LR and AMOs sign-extend.
template <Word W>
constexpr W loaded(const Instruction<W>& insn, W memory) {
#define RV64_LOAD(name, mnemonic, funct3, bytes, ...) \
  if (insn.op == Op::k##name) return __VA_ARGS__;
#include "isa/rv64/insns.def"
  return insn.row().bytes == 4 ? sext<64>(trunc<32>(memory)) : memory;
}

namespace internal {

// X is the access's word, of 32 or 64 bits.
template <Word X>
constexpr X amo(Op op, X old, X rs2) {
#define RV64_AMO(name, mnemonic, funct5, ...) \
  if (op == Op::k##name##W || op == Op::k##name##D) return __VA_ARGS__;
#include "isa/rv64/insns.def"
  return old;
}

}  // namespace internal

// The value that an instruction of kind kAmo stores; its low `bytes` count.
template <Word W>
constexpr W amo(const Instruction<W>& insn, W old, W rs2) {
  if (insn.row().bytes == 4) {
    return zext<64>(internal::amo(insn.op, trunc<32>(old), trunc<32>(rs2)));
  }
  return internal::amo(insn.op, old, rs2);
}

// The value that an instruction of kind kCsr stores in the CSR, whose old value is `old`.
template <Word W>
constexpr W csr_value(const Instruction<W>& insn, W old, W rs1) {
  const W operand = insn.row().format == Format::kCsrImm ? W::of(insn.rs1) : rs1;
#define RV64_CSR(name, mnemonic, format, funct3, ...) \
  if (insn.op == Op::k##name) return __VA_ARGS__;
#include "isa/rv64/insns.def"
  return old;
}

}  // namespace zext::rv64
