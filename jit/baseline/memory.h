// Lowerings of loads and stores.
//
//   lower_load(e, insn, offset);      // r0 = *(u32 *)(r1 + 8)  ->  lwu a5, 8(a0), or lw
//
// The offset is a parameter of its own, since a theorem is about every offset. On r10 it is one on
// sp, where compressed forms reach 512 bytes.
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/immediate.h"

namespace zext::jit {

// The instruction's offset as a word.
template <Word W>
constexpr W offset_of(const ebpf::Instruction<W>& insn) {
  return signed_constant<W>(insn.offset);
}

constexpr rv64::Op load_op(unsigned bytes, bool sign) {
  using rv64::Op;
  switch (bytes) {
    case 1:
      return sign ? Op::kLb : Op::kLbu;
    case 2:
      return sign ? Op::kLh : Op::kLhu;
    case 4:
      return sign ? Op::kLw : Op::kLwu;
    default:
      return Op::kLd;
  }
}

constexpr rv64::Op store_op(unsigned bytes) {
  using rv64::Op;
  switch (bytes) {
    case 1:
      return Op::kSb;
    case 2:
      return Op::kSh;
    case 4:
      return Op::kSw;
    default:
      return Op::kSd;
  }
}

// A register and an offset of 12 signed bits.
template <Word W>
struct Address {
  rv64::Reg base;
  W offset;
};

// The address of eBPF register `reg` plus `offset` (16 signed bits), through kScratch if need be.
template <class E, Word W>
Address<W> address_of(E& e, ebpf::Reg reg, W offset) {
  rv64::Reg base = rv64::kSp;
  if (reg == ebpf::kFramePointer) {
    offset = offset + e.context.stack_top;
  } else {
    base = home(reg);
  }
  if (fits12(offset)) return {base, offset};
  for (const int64_t part : {2047, -2048}) {
    const W rest = offset - signed_constant<W>(part);
    if (fits12(rest)) {
      e.add_imm(rv64::Op::kAddi, kScratch, base, signed_constant<W>(part));
      return {kScratch, rest};
    }
  }
  const W low = low12(offset);
  W high = offset - low;
  if constexpr (E::kMutation == Mutation::kOffsetNotRounded) {
    high = shl(ashr(offset, W::of(12)), W::of(12));
  }
  e.add_imm(rv64::Op::kLui, kScratch, rv64::kZero, high);
  e.add(rv64::Op::kAdd, kScratch, kScratch, base);
  return {kScratch, low};
}

// The width of the access, unless broken on purpose.
template <class E>
unsigned accessed_bytes(const E&, const ebpf::Row& row) {
  if constexpr (E::kMutation == Mutation::kAccessHalfAsWide) return row.bytes / 2u;
  return row.bytes;
}

// The address alone in a register, for instructions without an offset.
template <class E, Word W>
rv64::Reg address_register(E& e, ebpf::Reg reg, W offset) {
  const Address<W> address = address_of(e, reg, offset);
  if (address.offset == W::of(0)) return address.base;
  e.add_imm(rv64::Op::kAddi, kScratch, address.base, address.offset);
  return kScratch;
}

// kLoad, kLoadSx and kLoadAcquire.
template <class E, Word W>
void lower_load(E& e, const ebpf::Instruction<W>& insn, W offset) {
  const ebpf::Row& row = insn.row();
  const Address<W> address = address_of(e, insn.src, offset);
  // Of a word whose upper half does not count, sign extension has the shorter encoding.
  const bool sign = row.kind == ebpf::Kind::kLoadSx || (row.bytes == 4 && !e.counts(insn.dst)) ||
                    (E::kMutation == Mutation::kLoadWordSignExtended && row.bytes == 4);
  e.add_imm(load_op(accessed_bytes(e, row), sign), home(insn.dst), address.base, address.offset);
}

template <class E, Word W>
void store(E& e, unsigned bytes, const Address<W>& address, rv64::Reg value) {
  e.push({.op = store_op(bytes), .rs1 = address.base, .rs2 = value, .imm = address.offset});
}

// kStore and kStoreRelease.
template <class E, Word W>
void lower_store(E& e, const ebpf::Instruction<W>& insn, W offset) {
  const Address<W> address = address_of(e, insn.dst, offset);
  store(e, accessed_bytes(e, insn.row()), address, e.read(insn.src, kScratch2));
}

// What kStoreImm stores. Only the low bytes are, so the shorter, sign-extended constant does.
template <Word W>
W stored_constant(unsigned bytes, const W& imm) {
  const W spare = W::of(64 - 8 * bytes);
  return ashr(shl(imm, spare), spare);
}

// kStoreImm.
template <class E, Word W>
void lower_store_imm(E& e, const ebpf::Instruction<W>& insn, W offset) {
  const unsigned bytes = accessed_bytes(e, insn.row());
  const Address<W> address = address_of(e, insn.dst, offset);
  const W value = stored_constant(bytes, insn.imm);
  if (value == W::of(0)) {
    store(e, bytes, address, rv64::kZero);
    return;
  }
  store(e, bytes, address, constant_register(e, value, kScratch2));
}

}  // namespace zext::jit
