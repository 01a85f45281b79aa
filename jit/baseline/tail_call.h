// Lowering of bpf_tail_call, and the code around a program that counts tail calls.
//
//   emit_entry(e);                       // from outside: a counter, then a call of the program
//   lower_tail_call(e, frame, zero, eight);   // lw t0, 0(a1); sext.w t1, a2; bgeu t1, t0, out ...
//
// How many tail calls are left is a word on the stack below everything that the invocation calls;
// kTailCounter points to it. A program entered by a tail call finds it there, and so does a
// function that counted_functions() names (jit/tail_call.h); one that also calls other things keeps
// it in its frame. No lowering changes kTailCounter (proofs/lowerings).
#pragma once

#include "isa/ebpf/insn.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/frame.h"
#include "jit/baseline/immediate.h"
#include "jit/tail_call.h"

namespace zext::jit {

// What emit_entry makes: the count, then ra.
inline constexpr Frame kEntryFrame{.tail_counter = true, .calls = true};
static_assert(kEntryFrame.tail_counter_at() == 0);  // where sp points

// Before the call of the program proper, whose arguments stay where they are.
template <class E>
void emit_entry(E& e) {
  using W = typename E::Value;
  constexpr uint64_t kLimit =
      ebpf::kMaxTailCalls + (E::kMutation == Mutation::kTailCallLimitOffByOne ? 1 : 0);
  e.add_imm(rv64::Op::kAddi, rv64::kSp, rv64::kSp,
            signed_constant<W>(-int64_t{kEntryFrame.size()}));
  each_saved(kEntryFrame, [&](rv64::Reg reg, unsigned at) {
    e.push({.op = rv64::Op::kSd, .rs1 = rv64::kSp, .rs2 = reg, .imm = W::of(at)});
  });
  load_immediate(e, kScratch, W::of(kLimit));
  e.push({.op = rv64::Op::kSd,
          .rs1 = rv64::kSp,
          .rs2 = kScratch,
          .imm = W::of(kEntryFrame.tail_counter_at())});
  e.move(kTailCounter, rv64::kSp);
}

// After it, with and the return.
template <class E>
void emit_entry_return(E& e) {
  emit_epilogue(e, kEntryFrame, false);
}

// kTailCounter, before a call of a function that needs it.
template <class E>
void emit_tail_counter(E& e, const Frame& frame) {
  using W = typename E::Value;
  if (!frame.tail_counter) return;
  e.add_imm(rv64::Op::kLd, kTailCounter, rv64::kSp, W::of(frame.tail_counter_at()));
}

namespace internal {

// rd = base + 8 * (low half of index).
template <class E>
void emit_entry_address(E& e, rv64::Reg rd, rv64::Reg base, rv64::Reg index) {
  using W = typename E::Value;
  if (e.has(rv64::Extension::kZba)) return e.add(rv64::Op::kSh3addUw, rd, index, base);
  e.add_imm(rv64::Op::kSlli, rd, index, W::of(32));
  e.add_imm(rv64::Op::kSrli, rd, rd, W::of(29));
  e.add(rv64::Op::kAdd, rd, rd, base);
}

}  // namespace internal

// Leaves to the program if the call is to be taken; what follows goes on if not. `count_at` and
// `entries_at` are ProgramArrayLayout's offsets. Both sides of the index's comparison are
// sign-extended, which keeps unsigned order.
template <class E>
void lower_tail_call(E& e, const Frame& frame, typename E::Value count_at,
                     typename E::Value entries_at) {
  using W = typename E::Value;
  using rv64::Op;
  const rv64::Reg array = home(2), index = home(3);
  e.add_imm(Op::kLw, kScratch, array, count_at);
  if constexpr (E::kMutation == Mutation::kTailCallIndexUntruncated) {
    e.move(kScratch2, index);
  } else {
    e.add_imm(Op::kAddiw, kScratch2, index, W::of(0));
  }
  const auto outside = e.branch(Op::kBgeu, kScratch2, kScratch);
  emit_tail_counter(e, frame);
  e.add_imm(Op::kLd, kScratch, kTailCounter, W::of(0));
  const auto spent = e.branch(Op::kBeq, kScratch, rv64::kZero);
  internal::emit_entry_address(e, kScratch2, array, index);
  e.add_imm(Op::kLd, kScratch2, kScratch2, entries_at);
  const auto empty = e.branch(Op::kBeq, kScratch2, rv64::kZero);
  e.add_imm(Op::kAddi, kScratch, kScratch, signed_constant<W>(-1));
  e.push({.op = Op::kSd, .rs1 = kTailCounter, .rs2 = kScratch, .imm = W::of(0)});
  if constexpr (E::kMutation != Mutation::kTailCallKeepsFrame) emit_drop_frame(e, frame);
  e.add_imm(Op::kJalr, rv64::kZero, kScratch2, W::of(0));
  for (const auto branch : {outside, spent, empty}) e.land(branch);
}

}  // namespace zext::jit
