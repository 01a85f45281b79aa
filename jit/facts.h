// Facts: which registers' upper halves are zero before each instruction, from one forward pass.
//
//   ZeroExtension facts(program);
//   for each pc in order: use(facts.before(pc)); facts.step(pc);
//
// Where paths meet, what all of them know is known; at the target of a backward jump, nothing is,
// so that one pass is enough.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/ebpf/decode.h"
#include "jit/baseline/extend.h"
#include "jit/baseline/registers.h"

namespace zext::jit {

class ZeroExtension {
 public:
  explicit ZeroExtension(const ebpf::Code& program)
      : program_(program), at_target_(program.size(), all()) {
    for (uint32_t pc = 0; pc < program.size(); pc = program.next(pc)) {
      if (!jumps(program.insns[pc].row().kind)) continue;
      const auto target = program.target(pc);
      if (target && *target <= pc) at_target_[*target] = RegisterSet();
    }
    for (const uint32_t entry : program.functions) at_target_[entry] = RegisterSet();
  }

  // What holds before the instruction at `pc`; to be asked in ascending order, each once.
  RegisterSet before(uint32_t pc) {
    current_ = current_ & at_target_[pc];
    return current_;
  }

  // Goes past the instruction at `pc`.
  void step(uint32_t pc) {
    const ebpf::Instruction<>& insn = program_.insns[pc];
    current_ = zero_extended_after(insn, current_);
    const ebpf::Kind kind = insn.row().kind;
    if (jumps(kind)) {
      const uint32_t target = *program_.target(pc);
      at_target_[target] = at_target_[target] & current_;
    }
    const bool ends =
        kind == ebpf::Kind::kJa || kind == ebpf::Kind::kGotol || kind == ebpf::Kind::kExit;
    if (ends) current_ = all();  // nothing falls through to the next instruction
  }

 private:
  static bool jumps(ebpf::Kind kind) {
    return kind == ebpf::Kind::kJump || kind == ebpf::Kind::kJa || kind == ebpf::Kind::kGotol ||
           kind == ebpf::Kind::kMayGoto;
  }
  static RegisterSet all() {
    RegisterSet set;
    for (ebpf::Reg reg = 0; reg < ebpf::kFramePointer; ++reg) set.put(reg, true);
    return set;
  }

  const ebpf::Code& program_;
  std::vector<RegisterSet> at_target_;
  RegisterSet current_;
};

}  // namespace zext::jit
