// Transfer: one step of the abstract machine, for each kind of instruction.
//
//   Transfer transfer(platform, symbols);
//   if (Checked done = transfer.step(insn, state); !done) reject(done.error());
//   if (transfer.assume(jump, /*taken=*/true, state)) explore(target, state);
//
// Each step first checks the instruction's obligations (check/), then makes `state` mean at least
// every machine that the instruction may leave behind.
#pragma once

#include "isa/ebpf/decode.h"
#include "verifier/check/access.h"
#include "verifier/state/state.h"

namespace zext::verifier {

// Farthest a pointer may be moved from its region's origin, as in Linux (BPF_MAX_VAR_OFF).
inline constexpr int64_t kMaxPointerOffset = int64_t{1} << 29;

class Transfer {
 public:
  Transfer(const Platform& platform, SymbolSource& symbols)
      : platform_(platform), symbols_(symbols) {}

  // An instruction that goes on to the next one: neither jump, call nor exit.
  Checked step(const ebpf::Instruction<>& insn, State& state) const;

  // Whether the operands of a conditional jump may be compared. Changes no meaning, but gives them
  // names that both ways share.
  Checked check_jump(const ebpf::Instruction<>& insn, State& state) const;
  // Keeps what lets a checked jump be taken, or not. False: it never is.
  bool assume(const ebpf::Instruction<>& insn, bool taken, State& state) const;

  // Enters a function and leaves it; the caller has checked the depth.
  void call(uint32_t entry, uint32_t return_pc, State& state) const;
  Checked check_exit(const State& state) const;
  void leave(State& state) const;

 private:
  // arithmetic.cc
  Checked alu(const ebpf::Instruction<>& insn, State& state) const;
  Checked move(const ebpf::Instruction<>& insn, State& state) const;
  Checked unary(const ebpf::Instruction<>& insn, State& state) const;
  Checked move_pointer(const ebpf::Instruction<>& insn, State& state) const;
  Checked subtract_pointers(const ebpf::Instruction<>& insn, State& state) const;
  // memory.cc
  Checked load(const ebpf::Instruction<>& insn, State& state) const;
  Checked store(const ebpf::Instruction<>& insn, State& state) const;
  Checked atomic(const ebpf::Instruction<>& insn, State& state) const;
  Checked load_stack(const Reference& where, State& state, Value& result) const;
  Checked store_stack(const Reference& where, const Value& value, State& state) const;
  Value load_context(const Reference& where) const;

  const Platform& platform_;
  SymbolSource& symbols_;
};

// Where a pointer points, in coordinates shared by all pointers that may be compared with it.
struct Position {
  enum class Space : uint8_t { kNone, kContext, kPacket, kStack, kMemory };
  Space space = Space::kNone;
  uint8_t frame = 0;
  Linear at;

  static Position of(const Value& value);
  bool comparable(const Position& other) const {
    return space != Space::kNone && space == other.space && frame == other.frame;
  }
};

}  // namespace zext::verifier
