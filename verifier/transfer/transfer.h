// Transfer: one step of the abstract machine, for each kind of instruction.
//
//   Transfer transfer(rules, symbols);
//   if (Checked done = transfer.step(insn, state); !done) reject(done.error());
//   if (transfer.assume(jump, /*taken=*/true, state)) explore(target, state);
//
// Each step first checks the instruction's obligations (check/), then makes `state` mean at least
// every machine that the instruction may leave behind.
#pragma once

#include "isa/ebpf/decode.h"
#include "verifier/check/access.h"
#include "verifier/check/arguments.h"
#include "verifier/state/state.h"

namespace zext::verifier {

// Farthest a pointer may be moved from its region's origin, as in Linux (BPF_MAX_VAR_OFF).
inline constexpr int64_t kMaxPointerOffset = int64_t{1} << 29;

class Transfer {
 public:
  Transfer(const Rules& rules, SymbolSource& symbols) : rules_(rules), symbols_(symbols) {}

  // An instruction that goes on to the next one: neither jump, call nor exit. `pc` is its place.
  Checked step(const ebpf::Instruction<>& insn, uint32_t pc, State& state) const;

  // Whether the operands of a conditional jump may be compared. Changes no meaning, but gives them
  // names that both ways share.
  Checked check_jump(const ebpf::Instruction<>& insn, State& state) const;
  // Keeps what lets a checked jump be taken, or not. False: it never is.
  bool assume(const ebpf::Instruction<>& insn, bool taken, State& state) const;

  // may_goto: whether it can go on, which takes a round; and whether it can jump: always.
  bool take_round(State& state) const;

  // Enters a function of the program and leaves it; the caller has checked the depth.
  void call(uint32_t entry, uint32_t return_pc, State& state) const;
  void leave(State& state) const;
  // Whether the function on top may end here: what it returns, what it still holds.
  Checked check_exit(const State& state) const;

  // The function that the subject lists at the slot, or null.
  const Function* function_at(uint32_t entry) const;
  // A call of a global function, by its prototype.
  Checked check_arguments(const Function& function, const State& state) const;
  void return_from(const Function& function, bool changes_packet, State& state) const;
  // What a global function's parameters are, when it is verified on its own.
  State global_entry(const Function& function) const;

  // The call of a helper: may it be called, and what is left behind when it returns.
  std::expected<Call, Failure> check_helper(const ebpf::Instruction<>& insn,
                                            const State& state) const;
  Checked finish_helper(const Call& call, uint32_t pc, State& state) const;
  // The same of a function of the kernel; finish_helper is the end of both.
  std::expected<Call, Failure> check_kernel_function(const ebpf::Instruction<>& insn,
                                                     const State& state) const;
  // The next element of an open-coded iterator, false if it has none; or its end.
  bool take_element(const Call& call, State& state) const;
  void end_elements(const Call& call, State& state) const;
  // The round that the helper at `pc` calls its callback for; false: there is none more.
  bool call_back(const Call& call, uint32_t pc, State& state) const;
  // From the end of a callback back to the call, one round later.
  void end_round(State& state) const;
  // What a timer's callback starts with.
  State deferred_entry(const Call& call) const;

 private:
  // arithmetic.cc
  Checked alu(const ebpf::Instruction<>& insn, State& state) const;
  Checked move(const ebpf::Instruction<>& insn, State& state) const;
  Checked unary(const ebpf::Instruction<>& insn, State& state) const;
  Checked move_pointer(const ebpf::Instruction<>& insn, State& state) const;
  Checked subtract_pointers(const ebpf::Instruction<>& insn, State& state) const;
  Checked meaningless(ebpf::Reg reg, const State& state) const;
  // branch.cc
  bool assume_pointers(const ebpf::Instruction<>& insn, ebpf::JumpOp op, State& state) const;
  // memory.cc
  Checked load(const ebpf::Instruction<>& insn, State& state) const;
  Checked store(const ebpf::Instruction<>& insn, State& state) const;
  Checked atomic(const ebpf::Instruction<>& insn, State& state) const;
  Checked load_packet(const ebpf::Instruction<>& insn, State& state) const;
  Checked load_stack(const Reference& where, State& state, Value& result) const;
  Checked store_stack(const Reference& where, const Value& value, State& state) const;
  Checked store_kptr(const Reference& where, const SpecialField& field, const Value& value) const;
  Value load_field(const Field& field, const Reference& where, const State& state) const;
  Value load_map_value(const Reference& where, const State& state) const;
  Value load_object(const Reference& where, const State& state) const;
  std::expected<Value, Failure> load_from(const Reference& where, State& state) const;
  // transfer.cc
  Checked load_constant(const ebpf::Instruction<>& insn, uint32_t pc, State& state) const;
  Checked load_variable(const ebpf::Instruction<>& insn, State& state) const;
  // helper.cc
  Checked give_result(const Call& call, uint32_t pc, State& state) const;
  void write_memory(const Call& call, State& state) const;
  Value looked_up(const Call& call) const;
  Value value_of(const Parameter& parameter) const;
  // kfunc.cc
  Value argument_of(const Parameter& parameter) const;
  bool in_rcu(const State& state) const;
  bool protected_by_rcu(uint32_t type) const;
  void make_stack_object(const Call& call, uint32_t pc, State& state) const;
  Value slice_of(const Call& call, State& state) const;
  Checked apply(const Call& call, uint32_t pc, State& state) const;
  Checked adjust_result(const Call& call, Value& result, State& state) const;

  const Rules& rules_;
  SymbolSource& symbols_;
};

// First slot of the function whose address LD_IMM64 src=4 at `pc` gives.
inline uint32_t named_function(const ebpf::Instruction<>& insn, uint32_t pc) {
  return pc + 1 + static_cast<uint32_t>(insn.imm.value());
}

// Where a pointer points, in coordinates shared by all pointers that may be compared with it.
struct Position {
  enum class Space : uint8_t { kNone, kContext, kPacket, kStack, kMemory, kObject };
  Space space = Space::kNone;
  uint8_t frame = 0;
  ObjectId object = kNoObject;
  Linear at = {};          // from data, or where `from_meta` from data_meta
  bool from_meta = false;  //
  Linear meta_size = {};   // bytes from data_meta to data

  static Position of(const Value& value, const State& state);
  bool comparable(const Position& other) const {
    return space != Space::kNone && space == other.space && frame == other.frame &&
           object == other.object;
  }
  // This less the other, in bytes; they must be comparable.
  Linear minus(const Position& other) const {
    const Linear distance = at - other.at;
    if (from_meta == other.from_meta) return distance;
    return from_meta ? distance - meta_size : distance + meta_size;
  }
};

}  // namespace zext::verifier
