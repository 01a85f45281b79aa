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

// Whether what is known of the result depends on what is known of operands. A `false` is always
// sound, since knowledge only grows with knowledge.
bool passes_knowledge_on(const ebpf::Row& row) {
  switch (row.kind) {
    case ebpf::Kind::kAlu:
      switch (row.alu) {
        case ebpf::AluOp::kAdd:
        case ebpf::AluOp::kSub:
        case ebpf::AluOp::kMul:
        case ebpf::AluOp::kSdiv:
        case ebpf::AluOp::kSmod:
        case ebpf::AluOp::kLsh:
          return false;
        case ebpf::AluOp::kMov:
          return row.source == ebpf::Source::kRegister;
        case ebpf::AluOp::kDiv:
        case ebpf::AluOp::kMod:
        case ebpf::AluOp::kAnd:
        case ebpf::AluOp::kOr:
        case ebpf::AluOp::kXor:
        case ebpf::AluOp::kRsh:
        case ebpf::AluOp::kArsh:
          return true;
      }
      return true;
    case ebpf::Kind::kEndian:
      return row.endian == ebpf::EndianOp::kLe;
    case ebpf::Kind::kJump:
      return row.width == 32;
    default:
      return false;
  }
}

}  // namespace

UpperFacts::UpperFacts(const ebpf::Code& program)
    : program_(program),
      flow_(program.size()),
      counts_(program.size()),
      at_target_(program.size()) {
  find_flow();
  solve_demand();
  solve_knowledge();
}

void UpperFacts::find_flow() {
  for (uint32_t pc = 0; pc < program_.size(); pc = program_.next(pc)) {
    const ebpf::Instruction<>& insn = program_.insns[pc];
    const ebpf::Kind kind = insn.row().kind;
    Flow& flow = flow_[pc];
    flow.demand = upper_demand(insn);
    flow.ends_path = ends_path(kind);
    flow.enters = kind == ebpf::Kind::kCallLocal || kind == ebpf::Kind::kCallx;
    if (!jumps(kind)) continue;
    flow.target = *program_.target(pc);
    Target& target = at_target_[flow.target];
    target.is_target = true;
    if (flow.target > pc) continue;
    target.from_behind = true;
    loops_ = true;
  }
  for (const uint32_t entry : program_.functions) {
    at_target_[entry].is_target = true;
    at_target_[entry].uppers = Uppers();
  }
}

// One pass from the end; whether a jump backward, or a call, saw less than there is now.
bool UpperFacts::demand_round(bool trust_backward) {
  bool grown = false;
  RegisterSet next;  // what counts before the instruction after the one at hand
  for (uint32_t pc = program_.size(); pc-- > 0;) {
    if (program_.second_slot(pc)) continue;
    Flow& flow = flow_[pc];
    RegisterSet after;
    if (!flow.ends_path) after = next;
    if (flow.target != Flow::kNoTarget) {
      const bool known = flow.target > pc || trust_backward;
      after = after | (known ? counts_[flow.target] : kAllRegisters);
    }
    flow.counts_after = after;
    next = flow.demand.before(after);
    if (flow.enters) next = next | entry_;
    if (at_target_[pc].from_behind && next != counts_[pc]) grown = true;
    counts_[pc] = next;
  }
  RegisterSet entry = entry_;
  for (const uint32_t begin : program_.functions) {
    if (begin != 0) entry = entry | counts_[begin];
  }
  grown |= entry != entry_;
  entry_ = entry;
  return grown;
}

void UpperFacts::solve_demand() {
  for (unsigned round = 0; round < kMaxRounds; ++round) {
    if (!demand_round(true)) return;
  }
  entry_ = kAllRegisters;
  demand_round(false);
}

// Works out once what instructions leave whatever is known before them, since loops take rounds.
void UpperFacts::fix_knowledge() {
  for (uint32_t pc = 0; pc < program_.size(); pc = program_.next(pc)) {
    const ebpf::Instruction<>& insn = program_.insns[pc];
    if (passes_knowledge_on(insn.row())) continue;
    Flow& flow = flow_[pc];
    flow.fixed = true;
    flow.leaves = uppers_after(insn, Uppers(), flow.counts_after);
  }
}

// One pass from the start; whether a jump backward brought less than was assumed.
bool UpperFacts::knowledge_round() {
  bool shrunk = false;
  Uppers current;
  for (uint32_t pc = 0; pc < program_.size(); pc = program_.next(pc)) {
    Flow& flow = flow_[pc];
    current = current & at_target_[pc].uppers;
    flow.before = current;
    if (flow.fixed) {
      const RegisterSet kept = RegisterSet::of(~unsigned{flow.demand.written});
      current = {(current.zero & kept) | flow.leaves.zero,
                 (current.sign & kept) | flow.leaves.sign};
    } else {
      current = uppers_after(program_.insns[pc], current, flow.counts_after);
    }
    if (flow.target != Flow::kNoTarget) {
      Target& target = at_target_[flow.target];
      const Uppers met = target.uppers & current;
      if (flow.target <= pc && met != target.uppers) shrunk = true;
      target.uppers = met;
    }
    if (flow.ends_path) current = {kAllRegisters, kAllRegisters};
  }
  return shrunk;
}

void UpperFacts::solve_knowledge() {
  if (loops_) fix_knowledge();
  for (unsigned round = 0; round < kMaxRounds; ++round) {
    if (!knowledge_round()) return;
  }
  for (Target& target : at_target_) {
    if (target.from_behind) target.uppers = Uppers();
  }
  knowledge_round();
}

}  // namespace zext::jit
