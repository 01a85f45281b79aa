#include "kernel_shim/engines/interpreter/interpreter_engine.h"

#include <errno.h>

#include <algorithm>

#include "isa/ebpf/machine.h"
#include "kernel_shim/engines/interpreter/compiled.h"
#include "kernel_shim/maps/array/array.h"
#include "kernel_shim/programs/context.h"

namespace zext::shim {
namespace {

using ebpf::Instruction;
using ebpf::kMaxFrames;
using ebpf::kStopped;

struct Frame {
  uint32_t return_pc = 0;
  const Compiled* return_code = nullptr;  // that return_pc is in
  unsigned depth = 1;                     // among the frames of its program
  uint64_t saved[4] = {};                 // the caller's r6 to r9
  uint64_t may_goto_left = 0;
  alignas(16) uint8_t stack[ebpf::kStackSize];
};

// Frames in pieces: most runs need the first one only. Chains of tail calls out of functions can
// need more, each of which then is on the stack of a loop within the loop.
struct Piece {
  Piece* before = nullptr;
  unsigned first = 0;  // depth of frames[0]
  Frame frames[kMaxFrames];
};

// A run. Addresses are what they are; what can go wrong the verifier has ruled out, but for loads
// that it marked as probes.
class Direct : public ebpf::Machine<Direct, Compiled> {
 public:
  static constexpr bool kShared = true;

  Direct(const Compiled& code, Run& run) : Machine(code), run_(run) {}

  uint64_t run(uint64_t context) {
    regs_[1] = context;
    if (enter(0, 0, 0) == 0) loop<false>(0);
    return finished_ ? regs_[0] : 0;
  }

  // A helper calls the function at this address.
  uint64_t call_back(uint64_t function, const Arguments& arguments) {
    const ebpf::Registers registers = regs_;
    const Compiled* code = code_;
    std::copy_n(arguments, std::size(arguments), regs_.begin() + 1);
    uint64_t result = 0;
    for (const uint32_t entry : code->functions) {
      if (ebpf::function_address(entry) != function) continue;
      result = nested(entry) ? regs_[0] : 0;
      break;
    }
    regs_ = registers;
    set_code(*code);
    return result;
  }

 private:
  friend Machine;

  static uint64_t max_instructions() { return ~uint64_t{0}; }
  static void trace(uint32_t) {}

  const uint8_t* find_readable(const Instruction<>& insn, uint64_t address, unsigned bytes) {
    if (insn.imm.value() == kProbe) [[unlikely]]
      return probe(address, bytes);
    return reinterpret_cast<const uint8_t*>(address);
  }
  [[gnu::noinline]] const uint8_t* probe(uint64_t address, unsigned bytes) {
    return run_.kernel.host().peek_kernel(probed_, address, bytes) == 0 ? probed_ : nullptr;
  }
  static uint8_t* find_writable(uint64_t address, unsigned) {
    return reinterpret_cast<uint8_t*>(address);
  }
  uint32_t stray_load(const Instruction<>& insn, uint32_t pc, uint64_t) {
    regs_[insn.dst] = 0;
    return pc + 1;
  }

  uint32_t load_address(const Instruction<>&, uint32_t pc) {
    return stop(pc, FaultKind::kUnresolved);
  }

  bool find_packet(uint32_t index, unsigned bytes, const uint8_t** data) const {
    if (run_.packet == nullptr) return false;
    *data = packet_bytes(run_, static_cast<int32_t>(index), bytes);
    return true;
  }

  uint64_t& may_goto_left() { return frame_at(depth_ - 1).may_goto_left; }

  [[gnu::noinline]] uint32_t call_helper(uint64_t helper, bool, uint32_t pc) {
    if (helper == uint64_t{ebpf::kTailCallHelper}) return tail_call(pc);
    // r1 to r5 in place: a helper that calls back finds them as they were.
    const auto& arguments = reinterpret_cast<const Arguments&>(regs_[1]);
    regs_[0] = reinterpret_cast<HelperFunction>(helper)(run_, arguments);
    return pc + 1;
  }

  uint32_t tail_call(uint32_t pc) {
    if (tail_calls_ == ebpf::kMaxTailCalls) return pc + 1;
    Map& map = *reinterpret_cast<Map*>(regs_[2]);
    const Program* program = prog_array_at(map, static_cast<uint32_t>(regs_[3]));
    if (program == nullptr) return pc + 1;
    ++tail_calls_;
    Frame& frame = frame_at(depth_ - 1);
    frame.depth = 1;
    renew(frame);
    std::copy_n(frame.saved, std::size(frame.saved), regs_.begin() + 6);
    set_code(*static_cast<const Compiled*>(program->compiled));
    return go_on(*code_, 0);
  }

  void set_code(const Compiled& code) {
    code_ = &code;
    run_.program = code.program;
  }

  [[gnu::noinline]] uint32_t callx(const Instruction<>& insn, uint32_t pc) {
    for (const uint32_t entry : code_->functions) {
      if (ebpf::function_address(entry) == regs_[insn.dst]) return enter(entry, pc + 1, pc);
    }
    return stop(pc, FaultKind::kBadCallTarget);
  }

  [[gnu::noinline]] uint32_t enter(uint32_t entry, uint32_t return_pc, uint32_t call_pc) {
    const unsigned depth = depth_ == 0 ? 1 : frame_at(depth_ - 1).depth + 1;
    if (depth > kMaxFrames) return stop(call_pc, FaultKind::kCallDepth);
    if (full()) return enter_beyond(entry, return_pc);
    Frame& frame = frame_at(depth_);
    renew(frame);
    frame.return_pc = return_pc;
    frame.return_code = code_;
    frame.depth = depth;
    std::copy_n(regs_.begin() + 6, std::size(frame.saved), frame.saved);
    regs_[ebpf::kFramePointer] = reinterpret_cast<uint64_t>(frame.stack + ebpf::kStackSize);
    ++depth_;
    return entry;
  }

  // Runs the function to its end, and goes on where it returns to.
  [[gnu::noinline]] uint32_t enter_beyond(uint32_t entry, uint32_t return_pc) {
    const Compiled* code = code_;
    if (!nested(entry)) return kStopped;
    if (code == code_) return return_pc;
    set_code(*code);
    return go_on(*code, return_pc);
  }

  // A loop within the loop, until the function has returned: whether it did.
  bool nested(uint32_t entry) { return full() ? nested_in_new_piece(entry) : nested_here(entry); }
  [[gnu::noinline]] bool nested_in_new_piece(uint32_t entry) {
    Piece piece;
    piece.before = last_;
    piece.first = depth_;
    last_ = &piece;
    const bool ended = nested_here(entry);
    last_ = piece.before;
    return ended;
  }
  bool nested_here(uint32_t entry) {
    const unsigned floor = floor_;
    floor_ = depth_;
    if (enter(entry, 0, 0) != kStopped) loop<false>(entry);
    depth_ = floor_;
    floor_ = floor;
    const bool ended = finished_;
    finished_ = false;
    return ended;
  }
  bool full() const { return depth_ == last_->first + kMaxFrames; }

  static void renew(Frame& frame) {
    __builtin_memset(frame.stack, 0, sizeof frame.stack);
    frame.may_goto_left = ebpf::Limits{}.may_goto_budget;
  }

  [[gnu::noinline]] uint32_t leave() {
    const Frame& frame = frame_at(--depth_);
    std::copy_n(frame.saved, std::size(frame.saved), regs_.begin() + 6);
    if (depth_ != 0) {
      Frame& caller = frame_at(depth_ - 1);
      regs_[ebpf::kFramePointer] = reinterpret_cast<uint64_t>(caller.stack + ebpf::kStackSize);
    }
    if (depth_ == floor_) {
      finished_ = true;
      return kStopped;
    }
    if (frame.return_code == code_) return frame.return_pc;
    set_code(*frame.return_code);
    return go_on(*frame.return_code, frame.return_pc);
  }

  Frame& frame_at(unsigned depth) {
    Piece* piece = last_;
    while (depth < piece->first) piece = piece->before;
    return piece->frames[depth - piece->first];
  }

  // The verifier lets no program come here.
  [[gnu::noinline, gnu::cold]] uint32_t stop(uint32_t, FaultKind, uint64_t = 0, unsigned = 0) {
    finished_ = false;
    return kStopped;
  }

  Run& run_;
  Piece first_;
  Piece* last_ = &first_;
  unsigned depth_ = 0;
  unsigned floor_ = 0;  // depth at which the loop ends
  unsigned tail_calls_ = 0;
  bool finished_ = false;
  uint8_t probed_[8] = {};
};

uint64_t call_back(Run& run, uint64_t function, const Arguments& arguments) {
  return static_cast<Direct*>(run.engine)->call_back(function, arguments);
}

uint64_t interpret(Kernel&, Program& program, Run& run) {
  Direct machine(*static_cast<const Compiled*>(program.compiled), run);
  run.engine = &machine;
  run.call = call_back;
  return machine.run(reinterpret_cast<uint64_t>(run.context));
}

}  // namespace

const Engine kInterpreter = {
    .name = "interpreter",
    .prepare = compile,
    .release = discard,
    .run = interpret,
};

}  // namespace zext::shim
