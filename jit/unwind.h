// Unwinding data: what each function's frame is like at each place of the code.
//
//   UnwindRecorder unwind(compressed);
//   unwind.enter(frame, layout.here());          // sp is the caller's
//   unwind.follow(emitter, layout.here());       // addi sp, sp, -32; sd ra, 24(sp); ...
//   unwind.body();
//   ...
//   unwind.finish(layout, code.bytes.size(), code.frames);
//
// It reads the instructions that are about to be appended, so that it says what they do.
#pragma once

#include <cstdint>
#include <vector>

#include "jit/baseline/emitter.h"
#include "jit/baseline/frame.h"
#include "jit/compile.h"
#include "jit/emit/encoder.h"
#include "jit/emit/layout.h"

namespace zext::jit {

class UnwindRecorder {
 public:
  explicit UnwindRecorder(bool compressed) : compressed_(compressed) {}

  // A function begins.
  void enter(const Frame& frame, Place at) {
    frame_ = frame;
    change({}, at);
  }

  // Instructions that make or drop the frame are about to be appended at `at`; gives the place
  // after them.
  Place follow(const Emitter<Bits<64>>& code, Place at) {
    for (const auto& item : code.items()) {
      at.bytes += size_of(item);
      const State next = after(item.insn);
      if (next != state_) change(next, at);
    }
    return at;
  }

  // The frame as it is now is the one of the function's body.
  void body() { body_ = state_; }
  // What follows at `at` is reached by jumps from the body, not through what was followed last.
  void resume(Place at) {
    if (state_ != body_) change(body_, at);
  }

  // All entries, once the layout of `size` bytes is finished.
  void finish(const Layout& layout, size_t size, std::vector<FrameEntry>& frames) const {
    frames.reserve(rows_.size());
    for (const Row& row : rows_) {
      const uint32_t offset = layout.offset(row.place);
      if (offset == size) break;
      if (!frames.empty() && frames.back().offset == offset) frames.pop_back();
      frames.push_back({offset, row.state.depth, row.state.saved});
    }
  }

 private:
  struct State {
    uint32_t depth = 0;
    uint32_t saved = 0;
    friend bool operator==(const State&, const State&) = default;
  };
  struct Row {
    Place place;
    State state;
  };

  void change(State state, Place at) {
    state_ = state;
    rows_.push_back({at, state});
  }

  unsigned size_of(const Emitter<Bits<64>>::Item& item) const {
    rv64::Instruction<> insn = item.insn;
    if (item.target != Emitter<Bits<64>>::kNoTarget) insn.imm = Bits<64>::of(2);
    return encoding_of(insn, compressed_).bytes;
  }

  State after(const rv64::Instruction<>& insn) const {
    State next = state_;
    if (insn.op == rv64::Op::kAddi && insn.rd == rv64::kSp && insn.rs1 == rv64::kSp) {
      next.depth -= static_cast<uint32_t>(insn.imm.value());
    }
    if (insn.op == rv64::Op::kSd && insn.rs1 == rv64::kSp && next.depth == frame_.size()) {
      each_saved(frame_, [&](rv64::Reg reg, unsigned at) {
        if (reg == insn.rs2 && at == insn.imm.value()) next.saved |= uint32_t{1} << reg;
      });
    }
    if (next.depth == 0) next.saved = 0;
    return next;
  }

  bool compressed_;
  Frame frame_;
  State state_, body_;
  std::vector<Row> rows_;
};

}  // namespace zext::jit
