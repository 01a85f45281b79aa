#include "isa/ebpf/interpreter.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "isa/ebpf/dispatch.h"
#include "isa/ebpf/semantics.h"

namespace zext::ebpf {
namespace {

using FaultKind = Fault::Kind;
using Word64 = Bits<64>;

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

// What a step returns instead of the next slot when the run ends, and when it goes on in another
// program.
constexpr uint32_t kStopped = ~uint32_t{0};
constexpr uint32_t kOtherCode = kStopped - 1;
static_assert(kOtherCode > kMaxSlots);

// One run. A step takes the slot of its instruction and returns the next one's, so that the loop
// keeps it in a register; after kStopped, `finished_` or `fault_` says why; after kOtherCode,
// `code_` and `next_pc_` say where.
class Machine {
 public:
  Machine(const Code& code, Memory& memory, const Environment& environment)
      : code_(&code), memory_(memory), environment_(environment) {}

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
  // Flattened: left to itself, GCC calls compute() and jumps(), which then dispatch once more.
  template <bool kTraced>
  [[gnu::flatten]] void loop(uint32_t pc) {
    const Instruction<>* insns = code_->insns.data();
    uint64_t left = environment_.limits.max_instructions;
    do {
      if (left == 0) {
        stop(pc, FaultKind::kInstructionLimit);
        break;
      }
      --left;
      if constexpr (kTraced) environment_.trace.step(environment_.trace.context, pc, regs_);
      const Instruction<>& insn = insns[pc];
      pc = dispatch(insn.op,
                    [&]<Op kOp>() __attribute__((always_inline)) { return step<kOp>(insn, pc); });
      if (pc == kOtherCode) [[unlikely]] {
        pc = next_pc_;
        insns = code_->insns.data();
      }
    } while (pc != kStopped);
    executed_ = environment_.limits.max_instructions - left;
  }

  template <Op kOp>
  [[gnu::always_inline]] uint32_t step(const Instruction<>& insn, uint32_t pc) {
    constexpr const Row& kRow = row_of(kOp);
    switch (kRow.kind) {
      case Kind::kAlu:
      case Kind::kNeg:
      case Kind::kMovsx:
      case Kind::kEndian:
        regs_[insn.dst] = compute(known<kOp>(insn), reg(insn.dst), reg(insn.src)).value();
        break;
      case Kind::kLoad:
      case Kind::kLoadSx:
      case Kind::kLoadAcquire:
        return load<kOp>(insn, pc);
      case Kind::kStore:
      case Kind::kStoreImm:
      case Kind::kStoreRelease:
        return store<kOp>(insn, pc);
      case Kind::kAtomic:
        return atomic_update<kOp>(insn, pc);
      case Kind::kImm64:
        return load_imm64<kOp>(insn, pc);
      case Kind::kLoadAbs:
      case Kind::kLoadInd:
        return load_packet<kOp>(insn, pc);
      case Kind::kJump:
        if (jumps(known<kOp>(insn), reg(insn.dst), reg(insn.src)))
          pc += static_cast<uint32_t>(insn.offset);
        break;
      case Kind::kJa:
        pc += static_cast<uint32_t>(insn.offset);
        break;
      case Kind::kGotol:
        pc += static_cast<uint32_t>(insn.imm.value());
        break;
      case Kind::kMayGoto:
        return may_goto(insn, pc);
      case Kind::kCallHelper:
      case Kind::kCallBtf:
        return call_helper(insn.imm.value(), kRow.kind == Kind::kCallBtf, pc);
      case Kind::kCallLocal:
        return enter(pc + 1 + static_cast<uint32_t>(insn.imm.value()), pc + 1, pc);
      case Kind::kCallx:
        return callx(insn, pc);
      case Kind::kExit:
        return leave();
      case Kind::kAddrSpaceCast:
        return stop(pc, FaultKind::kNoArena);
    }
    return pc + 1;
  }

  Word64 reg(Reg number) const { return Word64::of(regs_[number]); }

  // The instruction with its operation known to the compiler.
  template <Op kOp>
  static Instruction<> known(const Instruction<>& insn) {
    return {.op = kOp, .dst = insn.dst, .src = insn.src, .offset = insn.offset, .imm = insn.imm};
  }

  static uint64_t effective_address(uint64_t base, const Instruction<>& insn) {
    return base + static_cast<uint64_t>(int64_t{insn.offset});
  }

  static constexpr bool needs_alignment(Kind kind) {
    return kind == Kind::kAtomic || kind == Kind::kLoadAcquire || kind == Kind::kStoreRelease;
  }

  template <Op kOp>
  [[gnu::always_inline]] uint32_t load(const Instruction<>& insn, uint32_t pc) {
    constexpr const Row& kRow = row_of(kOp);
    const uint64_t address = effective_address(regs_[insn.src], insn);
    if (needs_alignment(kRow.kind) && address % kRow.bytes != 0) {
      return stop(pc, FaultKind::kMisalignedAtomic, address, kRow.bytes);
    }
    const uint8_t* data = memory_.find_readable(address, kRow.bytes);
    if (data == nullptr) return stray_load(insn, pc, address);
    Word64 value = Word64::of(copy_in<kRow.bytes>(data));
    if constexpr (kRow.kind == Kind::kLoadSx) value = sign_extend(kRow.bytes, value);
    regs_[insn.dst] = value.value();
    return pc + 1;
  }

  [[gnu::noinline, gnu::cold]] uint32_t stray_load(const Instruction<>& insn, uint32_t pc,
                                                   uint64_t address) {
    if (!std::ranges::binary_search(environment_.probes, pc)) {
      return stop(pc, FaultKind::kStrayLoad, address, insn.row().bytes);
    }
    regs_[insn.dst] = 0;
    return pc + 1;
  }

  template <Op kOp>
  [[gnu::always_inline]] uint32_t store(const Instruction<>& insn, uint32_t pc) {
    constexpr const Row& kRow = row_of(kOp);
    const uint64_t address = effective_address(regs_[insn.dst], insn);
    if (needs_alignment(kRow.kind) && address % kRow.bytes != 0) {
      return stop(pc, FaultKind::kMisalignedAtomic, address, kRow.bytes);
    }
    uint8_t* data = memory_.find_writable(address, kRow.bytes);
    if (data == nullptr) return stop(pc, FaultKind::kStrayStore, address, kRow.bytes);
    const uint64_t value = kRow.kind == Kind::kStoreImm ? insn.imm.value() : regs_[insn.src];
    __builtin_memcpy(data, &value, kRow.bytes);
    return pc + 1;
  }

  template <Op kOp>
  [[gnu::always_inline]] uint32_t atomic_update(const Instruction<>& insn, uint32_t pc) {
    constexpr const Row& kRow = row_of(kOp);
    using W = Bits<kRow.width>;
    const uint64_t address = effective_address(regs_[insn.dst], insn);
    if (address % kRow.bytes != 0) {
      return stop(pc, FaultKind::kMisalignedAtomic, address, kRow.bytes);
    }
    uint8_t* data = memory_.find_writable(address, kRow.bytes);
    if (data == nullptr) return stop(pc, FaultKind::kStrayStore, address, kRow.bytes);
    const W old = W::of(copy_in<kRow.bytes>(data));
    const uint64_t value =
        atomic(kRow.atomic, old, W::of(regs_[insn.src]), W::of(regs_[0])).value();
    __builtin_memcpy(data, &value, kRow.bytes);
    if constexpr (kRow.fetch) {
      regs_[kRow.atomic == AtomicOp::kCmpxchg ? Reg{0} : insn.src] = old.value();
    }
    return pc + 1;
  }

  template <unsigned kBytes>
  static uint64_t copy_in(const uint8_t* data) {
    uint64_t value = 0;
    __builtin_memcpy(&value, data, kBytes);
    return value;
  }

  template <Op kOp>
  uint32_t load_imm64(const Instruction<>& insn, uint32_t pc) {
    if constexpr (kOp == Op::kLoadImm64) {
      regs_[insn.dst] = insn.imm.value();
    } else if constexpr (kOp == Op::kLoadFunction) {
      regs_[insn.dst] = function_address(pc + 1 + static_cast<uint32_t>(insn.imm.value()));
    } else {
      const auto address = address_of(insn, environment_.addresses);
      if (!address) return unresolved(pc, address.error());
      regs_[insn.dst] = *address;
    }
    return pc + 2;
  }

  // r0 = the big-endian number in the packet; outside of it, return 0 (RFC 9669, section 5.5).
  template <Op kOp>
  uint32_t load_packet(const Instruction<>& insn, uint32_t pc) {
    constexpr const Row& kRow = row_of(kOp);
    if (!environment_.packet) return stop(pc, FaultKind::kNoPacket);
    const std::span<const uint8_t> packet = *environment_.packet;
    uint32_t index = static_cast<uint32_t>(insn.imm.value());
    if constexpr (kRow.kind == Kind::kLoadInd) index += static_cast<uint32_t>(regs_[insn.src]);
    if (index > packet.size() || packet.size() - index < kRow.bytes) {
      regs_[0] = 0;
      return leave();
    }
    uint64_t value = 0;
    for (unsigned i = 0; i < kRow.bytes; ++i) value = value << 8 | packet[index + i];
    regs_[0] = value;
    return pc + 1;
  }

  uint32_t may_goto(const Instruction<>& insn, uint32_t pc) {
    uint64_t& left = frame_at(depth_ - 1).may_goto_left;
    if (left == 0) return pc + 1 + static_cast<uint32_t>(insn.offset);
    --left;
    return pc + 1;
  }

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

  uint32_t go_on(const Code& code, uint32_t pc) {
    code_ = &code;
    next_pc_ = pc;
    return kOtherCode;
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

  const Code* code_;
  Memory& memory_;
  const Environment& environment_;
  Registers regs_{};
  std::array<Frame, kMaxFrames> first_frames_;
  std::deque<Frame> more_frames_;  // only after tail calls; they stay where they are
  unsigned depth_ = 0;
  uint32_t next_pc_ = 0;
  unsigned tail_calls_ = 0;
  uint64_t executed_ = 0;
  bool finished_ = false;
  Fault fault_;
};

}  // namespace

std::expected<Result, Fault> run(const Code& code, Memory& memory, const Arguments& arguments,
                                 const Environment& environment) {
  return Machine(code, memory, environment).run(arguments);
}

}  // namespace zext::ebpf
