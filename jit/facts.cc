#include "jit/facts.h"

namespace zext::jit {
namespace {

bool jumps(ebpf::Kind kind) {
  return kind == ebpf::Kind::kJump || kind == ebpf::Kind::kJa || kind == ebpf::Kind::kGotol ||
         kind == ebpf::Kind::kMayGoto;
}

// Whether the next instruction is no successor.
bool ends_path(ebpf::Kind kind) {
  return kind == ebpf::Kind::kJa || kind == ebpf::Kind::kGotol || kind == ebpf::Kind::kExit;
}

}  // namespace

UpperFacts::UpperFacts(const ebpf::Code& program)
    : program_(program), counts_(program.size()), at_target_(program.size()) {
  find_targets();
  solve_demand();
  solve_knowledge();
}

void UpperFacts::find_targets() {
  for (uint32_t pc = 0; pc < program_.size(); pc = program_.next(pc)) {
    if (!jumps(program_.insns[pc].row().kind)) continue;
    const uint32_t target = *program_.target(pc);
    at_target_[target].is_target = true;
    if (target > pc) continue;
    at_target_[target].from_behind = true;
    loops_ = true;
  }
  for (const uint32_t entry : program_.functions) {
    at_target_[entry].is_target = true;
    at_target_[entry].uppers = Uppers();
  }
}

RegisterSet UpperFacts::counts_after(uint32_t pc) const {
  const ebpf::Kind kind = program_.insns[pc].row().kind;
  RegisterSet after;
  if (jumps(kind)) {
    const uint32_t target = *program_.target(pc);
    after = target <= pc && !trust_backward_ ? kAllRegisters : counts_[target];
  }
  if (!ends_path(kind)) after = after | counts_[program_.next(pc)];
  return after;
}

// One pass from the end; whether a jump backward saw less than there is now.
bool UpperFacts::demand_round(bool trust_backward) {
  trust_backward_ = trust_backward;
  bool grown = false;
  for (uint32_t pc = program_.size(); pc-- > 0;) {
    if (program_.second_slot(pc)) continue;
    const RegisterSet before = upper_demand(program_.insns[pc], entry_).before(counts_after(pc));
    if (at_target_[pc].from_behind && before != counts_[pc]) grown = true;
    counts_[pc] = before;
  }
  RegisterSet entry;
  for (const uint32_t begin : program_.functions) {
    if (begin != 0) entry = entry | counts_[begin];
  }
  if ((entry | entry_) != entry_) {
    entry_ = entry | entry_;
    grown = true;
  }
  return grown;
}

void UpperFacts::solve_demand() {
  for (unsigned round = 0; round < kMaxRounds; ++round) {
    if (!demand_round(true)) return;
  }
  entry_ = kAllRegisters;
  demand_round(false);
}

void UpperFacts::step(uint32_t pc) {
  const ebpf::Instruction<>& insn = program_.insns[pc];
  const ebpf::Kind kind = insn.row().kind;
  current_ = uppers_after(insn, current_, counts_after(pc));
  if (jumps(kind)) {
    const uint32_t to = *program_.target(pc);
    Target& target = at_target_[to];
    const Uppers met = target.uppers & current_;
    if (to <= pc && met != target.uppers) changed_ = true;
    target.uppers = met;
  }
  if (ends_path(kind)) current_ = {kAllRegisters, kAllRegisters};
}

void UpperFacts::solve_knowledge() {
  for (unsigned round = 0; loops_; ++round) {
    if (round == kMaxRounds) {
      for (Target& target : at_target_) {
        if (target.from_behind) target.uppers = Uppers();
      }
      break;
    }
    changed_ = false;
    current_ = {};
    for (uint32_t pc = 0; pc < program_.size(); pc = program_.next(pc)) {
      before(pc);
      step(pc);
    }
    if (!changed_) break;
  }
  current_ = {};
}

}  // namespace zext::jit
