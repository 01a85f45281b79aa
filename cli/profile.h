// Where a program's time went: cycles and RV64 instructions for each eBPF instruction.
//
//   Profile profile(code, kTextAddress);
//   lockstep::run(image, options, [&](const auto& r) { profile.retired(r.pc, r.cycle); });
//   profile.at(pc).cycles
#pragma once

#include <cstdint>
#include <vector>

#include "jit/compile.h"

namespace zext::cli {

class Profile {
 public:
  struct Count {
    uint64_t instructions = 0;
    uint64_t cycles = 0;
  };

  // `code` as placed at address `text`, of a program of `slots` slots.
  Profile(const jit::Code& code, uint64_t text, uint32_t slots);

  // An instruction retired; calls come in the order of retirement. It is charged the cycles since
  // the retirement before it.
  void retired(uint64_t pc, uint64_t cycle);

  // What the code of the eBPF instruction at `slot` took.
  const Count& at(uint32_t slot) const { return slots_[slot]; }
  // The same for prologues and epilogues, and for everything within the program's code.
  const Count& frame() const { return frame_; }
  const Count& program() const { return program_; }

 private:
  static constexpr uint32_t kFrame = UINT32_MAX;

  uint64_t text_;
  std::vector<uint32_t> slot_at_;  // by halfword of the code
  std::vector<Count> slots_;
  Count frame_;
  Count program_;
  uint64_t last_cycle_ = 0;
};

}  // namespace zext::cli
