// Lowerings of byte order: with Zbb one rev8 and a shift, otherwise swaps of ever larger halves.
//
//   lower_endian(e, insn);     // r1 = be32 r1  ->  rev8 a0, a0; srli a0, a0, 32
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/alu_imm.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/extend.h"
#include "jit/baseline/immediate.h"

namespace zext::jit {

// Masks of swaps, without Zbb.
inline constexpr uint64_t kOddBytes32 = 0x00ff'00ff;
inline constexpr uint64_t kOddBytes = 0x00ff'00ff'00ff'00ff;
inline constexpr uint64_t kOddHalfwords = 0x0000'ffff'0000'ffff;

namespace internal {

// d = d & mask's ones shifted left by `by`, or'ed with d shifted right by it.
template <class E>
void swap_halves(E& e, rv64::Reg d, rv64::Reg mask, unsigned by) {
  using W = typename E::Value;
  e.add(rv64::Op::kAnd, kScratch2, d, mask);
  e.add_imm(rv64::Op::kSrli, d, d, W::of(by));
  e.add(rv64::Op::kAnd, d, d, mask);
  e.add_imm(rv64::Op::kSlli, kScratch2, kScratch2, W::of(by));
  e.add(rv64::Op::kOr, d, d, kScratch2);
}

// d's low 16 bits swapped, the others zero.
template <class E>
void swap16(E& e, rv64::Reg d) {
  using W = typename E::Value;
  e.add_imm(rv64::Op::kSlli, d, d, W::of(48));
  e.add_imm(rv64::Op::kSrli, kScratch, d, W::of(56));
  e.add_imm(rv64::Op::kSlli, d, d, W::of(8));
  e.add_imm(rv64::Op::kSrli, d, d, W::of(48));
  e.add(rv64::Op::kOr, d, d, kScratch);
}

// d's low half swapped; `counts`: extended with zeros, otherwise with the sign.
template <class E>
void swap32(E& e, rv64::Reg d, bool counts) {
  using W = typename E::Value;
  // The mask leaves the upper half zero.
  swap_halves(e, d, constant_register(e, W::of(kOddBytes32), kScratch), 8);
  if (counts) {
    e.add_imm(rv64::Op::kSrli, kScratch2, d, W::of(16));
    e.add_imm(rv64::Op::kSlli, d, d, W::of(48));
    e.add_imm(rv64::Op::kSrli, d, d, W::of(32));
  } else {
    e.add_imm(rv64::Op::kSlliw, kScratch2, d, W::of(16));
    e.add_imm(rv64::Op::kSrli, d, d, W::of(16));
  }
  e.add(rv64::Op::kOr, d, d, kScratch2);
}

template <class E>
void swap64(E& e, rv64::Reg d) {
  using W = typename E::Value;
  swap_halves(e, d, constant_register(e, W::of(kOddBytes), kScratch), 8);
  swap_halves(e, d, constant_register(e, W::of(kOddHalfwords), kScratch), 16);
  e.add_imm(rv64::Op::kSrli, kScratch2, d, W::of(32));
  e.add_imm(rv64::Op::kSlli, d, d, W::of(32));
  e.add(rv64::Op::kOr, d, d, kScratch2);
}

}  // namespace internal

template <class E>
void lower_endian(E& e, const ebpf::Instruction<typename E::Value>& insn) {
  using W = typename E::Value;
  const ebpf::Row& row = insn.row();
  const rv64::Reg d = home(insn.dst);
  const unsigned spare = 64u - 8u * row.bytes;
  if (row.endian == ebpf::EndianOp::kLe) {  // the machine is little-endian: only truncation
    if (row.bytes == 8) return;
    if (row.bytes == 4) return finish_word(e, d, d, e.upper(insn.dst), e.counts(insn.dst));
    internal::and_constant(e, d, d, W::of(0xffff));
    return;
  }
  if (e.has(rv64::Extension::kZbb)) {
    e.add_imm(rv64::Op::kRev8, d, d, W::of(0));
    const bool sign = row.bytes == 4 && !e.counts(insn.dst);
    if (spare != 0) e.add_imm(sign ? rv64::Op::kSrai : rv64::Op::kSrli, d, d, W::of(spare));
    return;
  }
  switch (row.bytes) {
    case 2:
      return internal::swap16(e, d);
    case 4:
      return internal::swap32(e, d, e.counts(insn.dst));
    default:
      return internal::swap64(e, d);
  }
}

}  // namespace zext::jit
