// Frame: what a function keeps on the machine's stack, and the code that makes and drops it.
//
//   const Frame frame = frame_of(program, begin, end);
//   emit_prologue(e, frame);      // addi sp, sp, -32; sd ra, 24(sp); sd s0, 16(sp)
//
// From sp upward: eBPF's stack (so that its accesses have small offsets), the budget of may_goto,
// where tail calls are counted, the callee-saved registers in use. A function that needs none of
// them has no frame.
#pragma once

#include <algorithm>
#include <cstdint>

#include "isa/ebpf/decode.h"
#include "jit/baseline/effects.h"
#include "jit/baseline/emitter.h"
#include "jit/baseline/immediate.h"
#include "jit/baseline/jump.h"

namespace zext::jit {

struct Frame {
  unsigned stack = 0;         // bytes of eBPF stack: r10 == sp + stack
  bool may_goto = false;      // eight bytes at sp + stack
  bool tail_counter = false;  // eight bytes at sp + tail_counter_at(): kTailCounter is saved
  bool calls = false;         // ra is saved
  RegisterSet saved = {};     // of r6 to r9

  constexpr unsigned tail_counter_at() const { return stack + (may_goto ? 8 : 0); }
  constexpr unsigned saved_at() const { return tail_counter_at() + (tail_counter ? 8 : 0); }
  constexpr unsigned saved_count() const {
    unsigned count = calls ? 1 : 0;
    for (ebpf::Reg reg = 6; reg <= 9; ++reg) count += saved.has(reg) ? 1 : 0;
    return count;
  }
  constexpr unsigned size() const { return (saved_at() + 8 * saved_count() + 15) / 16 * 16; }
};

// Times a function activation passes may_goto before it is made to jump (Linux: BPF_MAX_LOOPS).
inline constexpr uint64_t kMayGotoBudget = uint64_t{1} << 23;

// What the instructions of slots begin to end - 1 need. `tail_calls`: helper 12 does not return
// (jit/tail_call.h), so that it needs no ra. Whether a tail counter is kept is the caller's to say.
inline Frame frame_of(const ebpf::Code& program, uint32_t begin, uint32_t end,
                      bool tail_calls = false) {
  Frame frame;
  for (uint32_t pc = begin; pc < end; pc = program.next(pc)) {
    const ebpf::Instruction<>& insn = program.insns[pc];
    const ebpf::Kind kind = insn.row().kind;
    if (calls(kind) && !(tail_calls && ebpf::is_tail_call(insn))) frame.calls = true;
    if (kind == ebpf::Kind::kMayGoto) frame.may_goto = true;
    if (leaks_frame_pointer(insn)) frame.stack = ebpf::kStackSize;
    if (address_base(insn) == ebpf::kFramePointer && insn.offset < 0) {
      const auto depth = static_cast<unsigned>(std::min(-int{insn.offset}, ebpf::kStackSize));
      frame.stack = std::max(frame.stack, (depth + 15) / 16 * 16);
    }
    const auto reg = written(insn);
    if (reg && *reg >= 6) frame.saved.put(*reg, true);
  }
  return frame;
}

// Calls visit(register, offset from sp) for each saved register, from the highest offset down.
template <class Visit>
void each_saved(const Frame& frame, Visit visit) {
  unsigned at = frame.saved_at() + 8 * frame.saved_count();
  if (frame.calls) visit(rv64::kRa, at -= 8);
  for (ebpf::Reg reg = 6; reg <= 9; ++reg) {
    if (frame.saved.has(reg)) visit(home(reg), at -= 8);
  }
}

template <class E>
void emit_prologue(E& e, const Frame& frame) {
  using W = typename E::Value;
  if (frame.size() == 0) return;
  int64_t size = frame.size();
  if constexpr (E::kMutation == Mutation::kFrameTooSmall) size -= 16;
  e.add_imm(rv64::Op::kAddi, rv64::kSp, rv64::kSp, signed_constant<W>(-size));
  each_saved(frame, [&](rv64::Reg reg, unsigned at) {
    e.push({.op = rv64::Op::kSd, .rs1 = rv64::kSp, .rs2 = reg, .imm = W::of(at)});
  });
  if (frame.may_goto) {
    load_immediate(e, kScratch, W::of(kMayGotoBudget));
    e.push({.op = rv64::Op::kSd, .rs1 = rv64::kSp, .rs2 = kScratch, .imm = W::of(frame.stack)});
  }
  if (frame.tail_counter) {
    e.push({.op = rv64::Op::kSd,
            .rs1 = rv64::kSp,
            .rs2 = kTailCounter,
            .imm = W::of(frame.tail_counter_at())});
  }
}

// sp and every callee-saved register as the function found them.
template <class E>
void emit_drop_frame(E& e, const Frame& frame) {
  using W = typename E::Value;
  if (frame.size() == 0) return;
  each_saved(frame, [&](rv64::Reg reg, unsigned at) {
    if (E::kMutation == Mutation::kSavedNotRestored && reg == home(7)) return;
    e.add_imm(rv64::Op::kLd, reg, rv64::kSp, W::of(at));
  });
  e.add_imm(rv64::Op::kAddi, rv64::kSp, rv64::kSp, W::of(frame.size()));
}

// Up to and with the return. `result`: r0 goes to a0, for a caller that is not eBPF.
template <class E>
void emit_epilogue(E& e, const Frame& frame, bool result) {
  using W = typename E::Value;
  if (result) e.move(rv64::kA0, home(0));
  emit_drop_frame(e, frame);
  e.add_imm(rv64::Op::kJalr, rv64::kZero, rv64::kRa, W::of(0));
}

// may_goto: what goes before its branch, the branch (taken when the budget is spent), and what goes
// after it.
template <class E>
void emit_may_goto_test(E& e, const Frame& frame) {
  using W = typename E::Value;
  e.add_imm(rv64::Op::kLd, kScratch, rv64::kSp, W::of(frame.stack));
}
constexpr Branch may_goto_branch() { return {rv64::Op::kBeq, kScratch, rv64::kZero}; }
template <class E>
void emit_may_goto_spend(E& e, const Frame& frame) {
  using W = typename E::Value;
  const int64_t spent = E::kMutation == Mutation::kMayGotoNeverSpends ? 0 : 1;
  e.add_imm(rv64::Op::kAddi, kScratch, kScratch, signed_constant<W>(-spent));
  e.push({.op = rv64::Op::kSd, .rs1 = rv64::kSp, .rs2 = kScratch, .imm = W::of(frame.stack)});
}

}  // namespace zext::jit
