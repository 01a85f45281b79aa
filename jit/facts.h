// Facts about upper halves at each instruction of a program: which count, and what is known of
// them.
//
//   UpperFacts facts(program);
//   use(facts.before(pc), facts.counts_after(pc));
//
// Two analyses of data flow over jit/baseline/upper.h. Which upper halves count is a backward one:
// its least solution, from none. What is known is a forward one: its greatest solution, where paths
// meet what all of them know. Loops take rounds; after kMaxRounds, jumps backward are taken to need
// everything, or to bring nothing, so that time stays linear in the program.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/ebpf/decode.h"
#include "jit/baseline/upper.h"

namespace zext::jit {

class UpperFacts {
 public:
  explicit UpperFacts(const ebpf::Code& program);

  // The registers whose upper halves count after the instruction at `pc`.
  RegisterSet counts_after(uint32_t pc) const { return flow_[pc].counts_after; }
  // What is known before the instruction at `pc`.
  Uppers before(uint32_t pc) const { return flow_[pc].before; }

  // Whether a jump or a call goes to `pc`.
  bool is_target(uint32_t pc) const { return at_target_[pc].is_target; }

  static constexpr unsigned kMaxRounds = 6;

 private:
  // An instruction as the analyses see it.
  struct Flow {
    static constexpr uint32_t kNoTarget = 0xffff'ffff;

    uint32_t target = kNoTarget;  // of a jump
    UpperDemand demand;
    RegisterSet counts_after;
    Uppers before;
    Uppers leaves;           // if fixed: what is known of the registers it writes
    bool fixed = false;      // that does not depend on what is known before
    bool ends_path = false;  // the next instruction is no successor
    bool enters = false;     // a call of a function of the program
  };
  struct Target {
    Uppers uppers{kAllRegisters, kAllRegisters};
    bool is_target = false;
    bool from_behind = false;  // of a jump backward
  };

  void find_flow();
  bool demand_round(bool trust_backward);
  void solve_demand();
  void fix_knowledge();
  bool knowledge_round();
  void solve_knowledge();

  const ebpf::Code& program_;
  std::vector<Flow> flow_;
  std::vector<RegisterSet> counts_;  // before each instruction
  std::vector<Target> at_target_;
  RegisterSet entry_;  // what counts where a called function begins, besides arguments
  bool loops_ = false;
};

}  // namespace zext::jit
