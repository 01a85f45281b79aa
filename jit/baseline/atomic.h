// Lowerings of atomic read-modify-write and of ordered accesses.
//
//   lower_atomic(e, insn, offset);    // r2 = atomic_fetch_add((u64 *)(r1 + 0), r2)
//                                     //   ->  amoadd.d.aqrl a1, a1, (a0)
//
// Order is Linux's: operations that fetch are fully ordered, the others are not; acquire and
// release are plain accesses with fences (manual volume I, table A.6).
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/extend.h"
#include "jit/baseline/memory.h"

namespace zext::jit {
namespace internal {

// The AMO; kAmoswap for kCmpxchg, which has none.
constexpr rv64::Op amo_op(ebpf::AtomicOp op, bool wide) {
  using rv64::Op;
  switch (op) {
    case ebpf::AtomicOp::kAdd:
    case ebpf::AtomicOp::kFetchAdd:
      return wide ? Op::kAmoaddD : Op::kAmoaddW;
    case ebpf::AtomicOp::kOr:
    case ebpf::AtomicOp::kFetchOr:
      return wide ? Op::kAmoorD : Op::kAmoorW;
    case ebpf::AtomicOp::kAnd:
    case ebpf::AtomicOp::kFetchAnd:
      return wide ? Op::kAmoandD : Op::kAmoandW;
    case ebpf::AtomicOp::kXor:
    case ebpf::AtomicOp::kFetchXor:
      return wide ? Op::kAmoxorD : Op::kAmoxorW;
    case ebpf::AtomicOp::kXchg:
    case ebpf::AtomicOp::kCmpxchg:
      return wide ? Op::kAmoswapD : Op::kAmoswapW;
  }
  __builtin_unreachable();
}

// r0 = old value; stored is src if r0 was equal. LR and SC, repeated while the reservation is lost.
template <class E>
void compare_exchange(E& e, const ebpf::Row& row, rv64::Reg address, rv64::Reg value) {
  using W = typename E::Value;
  const bool wide = row.width == 64;
  const rv64::Reg r0 = home(0);
  const rv64::Reg old = kScratch2, failed = kScratch3;
  rv64::Reg expected = r0;
  const bool whole = wide || E::kMutation == Mutation::kCompare32TestsUpperHalf;
  if (!whole && !e.upper(0).sign) {  // lr.w sign-extends
    expected = rv64::kT3;
    e.add_imm(rv64::Op::kAddiw, expected, r0, W::of(0));
  }
  const uint8_t again = e.size();
  e.push({.op = wide ? rv64::Op::kLrD : rv64::Op::kLrW,
          .rd = old,
          .rs1 = address,
          .aq = true,
          .rl = true});
  const auto differs = e.branch(rv64::Op::kBne, old, expected);
  e.push({.op = wide ? rv64::Op::kScD : rv64::Op::kScW,
          .rd = failed,
          .rs1 = address,
          .rs2 = value,
          .rl = true});
  e.branch_back(rv64::Op::kBne, failed, rv64::kZero, again);
  e.land(differs);
  finish_word(e, r0, old, {.sign = true}, !wide && e.counts(0));
}

}  // namespace internal

template <class E, Word W>
void lower_atomic(E& e, const ebpf::Instruction<W>& insn, W offset) {
  const ebpf::Row& row = insn.row();
  const rv64::Reg address = address_register(e, insn.dst, offset);
  const rv64::Reg value = e.read(insn.src, rv64::kT4);
  if (row.atomic == ebpf::AtomicOp::kCmpxchg) {
    internal::compare_exchange(e, row, address, value);
    return;
  }
  const bool fetches = row.fetch || E::kMutation == Mutation::kAtomicAlwaysFetches;
  const bool ordered = row.fetch && E::kMutation != Mutation::kFetchUnordered;
  const rv64::Reg result = fetches ? value : rv64::kZero;
  e.push({.op = internal::amo_op(row.atomic, row.width == 64),
          .rd = result,
          .rs1 = address,
          .rs2 = value,
          .aq = ordered,
          .rl = ordered});
  if constexpr (E::kMutation == Mutation::kFetch32SignExtended) return;
  if (row.fetch && row.width == 32) {
    finish_word(e, value, value, {.sign = true}, e.counts(insn.src));
  }
}

// fence with predecessors and successors of {input, output, read, write} as bits 3 to 0.
template <class E>
void fence(E& e, unsigned predecessors, unsigned successors) {
  using W = typename E::Value;
  e.add_imm(rv64::Op::kFence, rv64::kZero, rv64::kZero, W::of(predecessors << 4 | successors));
}
inline constexpr unsigned kReads = 2, kWrites = 1;

template <class E, Word W>
void lower_load_acquire(E& e, const ebpf::Instruction<W>& insn, W offset) {
  if constexpr (E::kMutation == Mutation::kFenceOnOtherSide) {
    fence(e, kReads, kReads | kWrites);
    return lower_load(e, insn, offset);
  }
  lower_load(e, insn, offset);
  fence(e, kReads, kReads | kWrites);
}

template <class E, Word W>
void lower_store_release(E& e, const ebpf::Instruction<W>& insn, W offset) {
  if constexpr (E::kMutation == Mutation::kFenceOnOtherSide) {
    lower_store(e, insn, offset);
    return fence(e, kReads | kWrites, kWrites);
  }
  fence(e, kReads | kWrites, kWrites);
  lower_store(e, insn, offset);
}

}  // namespace zext::jit
