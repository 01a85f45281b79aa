#include "isa/ebpf/interpreter.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "isa/ebpf/machine.h"

namespace zext::ebpf {
namespace {

struct Frame {
  uint32_t return_pc = 0;
  const Code* return_code = nullptr;  // that return_pc is in
  unsigned depth = 1;                 // among the frames of its program
  std::array<uint64_t, 4> saved{};    // the caller's r6 to r9
  uint64_t may_goto_left = 0;
  bool callback = false;  // called by a helper that its caller called
  Rounds rounds;          // of the helper that this one is calling
  Arguments arguments{};  // of that call
  std::array<uint8_t, kStackSize> stack;
};

// One run, on bounded regions; after kStopped, `finished_` or `fault_` says why.
class Bounded : public Machine<Bounded, Code> {
 public:
  static constexpr bool kShared = false;

  Bounded(const Code& code, Memory& memory, const Environment& environment)
      : Machine(code), memory_(memory), environment_(environment) {}

  std::expected<Result, Fault> run(const Arguments& arguments) {
    for (unsigned i = 0; i < arguments.size(); ++i) regs_[1 + i] = arguments[i];
    const uint32_t start = environment_.start;
    if (enter(start, 0, start) == start) {
      environment_.trace.step == nullptr ? loop<false>(start) : loop<true>(start);
    }
    while (depth_ > 0) memory_.remove(frame_base(--depth_));
    if (finished_) {
      return Result{.r0 = regs_[0], .instructions = executed_, .tail_calls = tail_calls_};
    }
    fault_.instructions = executed_;
    return std::unexpected(fault_);
  }

 private:
  friend Machine;

  uint64_t max_instructions() const { return environment_.limits.max_instructions; }
  void trace(uint32_t pc) const { environment_.trace.step(environment_.trace.context, pc, regs_); }

  const uint8_t* find_readable(const Instruction<>&, uint64_t address, unsigned bytes) const {
    return memory_.find_readable(address, bytes);
  }
  uint8_t* find_writable(uint64_t address, unsigned bytes) {
    return memory_.find_writable(address, bytes);
  }

  [[gnu::noinline, gnu::cold]] uint32_t stray_load(const Instruction<>& insn, uint32_t pc,
                                                   uint64_t address) {
    if (!std::ranges::binary_search(environment_.probes, pc)) {
      return stop(pc, FaultKind::kStrayLoad, address, insn.row().bytes);
    }
    regs_[insn.dst] = 0;
    return pc + 1;
  }

  uint32_t load_address(const Instruction<>& insn, uint32_t pc) {
    const auto address = address_of(insn, environment_.addresses);
    if (!address) return unresolved(pc, address.error());
    regs_[insn.dst] = *address;
    return pc + 2;
  }

  bool find_packet(uint32_t index, unsigned bytes, const uint8_t** data) const {
    if (!environment_.packet) return false;
    const std::span<const uint8_t> packet = *environment_.packet;
    if (index <= packet.size() && packet.size() - index >= bytes) *data = packet.data() + index;
    return true;
  }

  uint64_t& may_goto_left() { return frame_at(depth_ - 1).may_goto_left; }

  [[gnu::noinline]] uint32_t call_helper(uint64_t id, bool btf, uint32_t pc) {
    for (const Helper& helper : environment_.helpers) {
      if (static_cast<uint64_t>(int64_t{helper.id}) != id || helper.btf != btf) continue;
      if (helper.next != nullptr) return call_back(helper, pc);
      const auto result =
          helper.call(helper.context, memory_, {regs_[1], regs_[2], regs_[3], regs_[4], regs_[5]});
      if (!result) return stop(pc, FaultKind::kHelperFailed, id);
      regs_[0] = *result;
      return pc + 1;
    }
    if (!btf && id == uint64_t{kTailCallHelper}) return tail_call(pc);
    return stop(pc, FaultKind::kUnknownHelper, id);
  }

  // The callback returns to the call itself, so that the helper is asked again.
  uint32_t call_back(const Helper& helper, uint32_t pc) {
    Frame& caller = frame_at(depth_ - 1);
    const Rounds rounds = std::exchange(caller.rounds, {});
    caller.arguments = {regs_[1], regs_[2], regs_[3], regs_[4], regs_[5]};
    const Next next = helper.next(helper.context, memory_, caller.arguments, rounds);
    switch (next.kind) {
      case Next::Kind::kFail:
        return stop(pc, FaultKind::kHelperFailed, code_->insns[pc].imm.value());
      case Next::Kind::kReturn:
        regs_[0] = next.value;
        return pc + 1;
      case Next::Kind::kCall:
        break;
    }
    const uint32_t entry = enter_at(next.value, pc, pc);
    if (entry == kStopped) return kStopped;
    caller.rounds.count = rounds.count + 1;
    frame_at(depth_ - 1).callback = true;
    for (unsigned i = 0; i < next.arguments.size(); ++i) regs_[1 + i] = next.arguments[i];
    return entry;
  }

  uint32_t tail_call(uint32_t pc) {
    const ProgramArray* array = nullptr;
    for (const ProgramArray& candidate : environment_.program_arrays) {
      if (candidate.address == regs_[2]) array = &candidate;
    }
    if (array == nullptr) return stop(pc, FaultKind::kTailCall, regs_[2]);
    const auto index = static_cast<uint32_t>(regs_[3]);
    if (index >= array->programs.size() || tail_calls_ == kMaxTailCalls) return pc + 1;
    const Code* const program = array->programs[index];
    if (program == nullptr) return pc + 1;
    ++tail_calls_;
    Frame& frame = frame_at(depth_ - 1);
    frame.depth = 1;
    renew(frame);
    for (unsigned i = 0; i < frame.saved.size(); ++i) regs_[6 + i] = frame.saved[i];
    return go_on(*program, 0);
  }

  [[gnu::noinline]] uint32_t callx(const Instruction<>& insn, uint32_t pc) {
    return enter_at(regs_[insn.dst], pc + 1, pc);
  }

  uint32_t enter_at(uint64_t address, uint32_t return_pc, uint32_t call_pc) {
    for (const uint32_t entry : code_->functions) {
      if (function_address(entry) == address) return enter(entry, return_pc, call_pc);
    }
    return stop(call_pc, FaultKind::kBadCallTarget, address);
  }

  uint64_t frame_base(unsigned depth) const {
    return environment_.stack_top - depth * kFrameStride - kStackSize;
  }

  // Enters the function at `entry`, called at `call_pc`.
  [[gnu::noinline]] uint32_t enter(uint32_t entry, uint32_t return_pc, uint32_t call_pc) {
    const unsigned depth = depth_ == 0 ? 1 : frame_at(depth_ - 1).depth + 1;
    if (depth > kMaxFrames) return stop(call_pc, FaultKind::kCallDepth);
    if (depth_ == first_frames_.size() + more_frames_.size()) more_frames_.emplace_back();
    Frame& frame = frame_at(depth_);
    renew(frame);
    if (!memory_.add({.base = frame_base(depth_), .bytes = frame.stack})) {
      return stop(call_pc, FaultKind::kStackOverlaps, frame_base(depth_), kStackSize);
    }
    frame.return_pc = return_pc;
    frame.return_code = code_;
    frame.depth = depth;
    frame.callback = false;
    frame.rounds = {};
    frame.saved = {regs_[6], regs_[7], regs_[8], regs_[9]};
    regs_[kFramePointer] = frame_base(depth_) + kStackSize;
    ++depth_;
    return entry;
  }

  void renew(Frame& frame) const {
    frame.stack.fill(0);
    frame.may_goto_left = environment_.limits.may_goto_budget;
  }

  // Returns from the function that runs; the program ends with its first one.
  [[gnu::noinline]] uint32_t leave() {
    const Frame& frame = frame_at(--depth_);
    memory_.remove(frame_base(depth_));
    if (depth_ == 0) {
      finished_ = true;
      return kStopped;
    }
    for (unsigned i = 0; i < frame.saved.size(); ++i) regs_[6 + i] = frame.saved[i];
    regs_[kFramePointer] = frame_base(depth_ - 1) + kStackSize;
    if (frame.callback) {
      Frame& caller = frame_at(depth_ - 1);
      caller.rounds.result = regs_[0];
      for (unsigned i = 0; i < caller.arguments.size(); ++i) regs_[1 + i] = caller.arguments[i];
    }
    if (frame.return_code != code_) return go_on(*frame.return_code, frame.return_pc);
    return frame.return_pc;
  }

  Frame& frame_at(unsigned depth) {
    if (depth < first_frames_.size()) return first_frames_[depth];
    return more_frames_[depth - first_frames_.size()];
  }

  [[gnu::noinline, gnu::cold]] uint32_t stop(uint32_t pc, FaultKind kind, uint64_t address = 0,
                                             unsigned bytes = 0) {
    fault_ = {.pc = pc, .code = code_, .kind = kind, .address = address, .bytes = bytes};
    return kStopped;
  }

  [[gnu::noinline, gnu::cold]] uint32_t unresolved(uint32_t pc, const AddressError& error) {
    fault_ = {.pc = pc, .code = code_, .kind = FaultKind::kUnresolved, .unresolved = error};
    return kStopped;
  }

  Memory& memory_;
  const Environment& environment_;
  std::array<Frame, kMaxFrames> first_frames_;
  std::deque<Frame> more_frames_;  // only after tail calls; they stay where they are
  unsigned depth_ = 0;
  unsigned tail_calls_ = 0;
  bool finished_ = false;
  Fault fault_;
};

}  // namespace

std::expected<Result, Fault> run(const Code& code, Memory& memory, const Arguments& arguments,
                                 const Environment& environment) {
  return Bounded(code, memory, environment).run(arguments);
}

}  // namespace zext::ebpf
