#include "verifier/fixpoint/explorer.h"

#include <algorithm>

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::Kind;

// Symbols of a state before those that nothing mentions are forgotten.
constexpr size_t kMaxSymbols = 1024;
constexpr uint16_t kAllRegisters = 0x7ff;
// Work allowed for each step and values for each state, on average.
constexpr uint64_t kWorkPerStep = 4;
constexpr uint64_t kValuesPerState = 32;

bool is_load(const Instruction<>& insn) {
  const Kind kind = insn.row().kind;
  return kind == Kind::kLoad || kind == Kind::kLoadSx || kind == Kind::kLoadAcquire;
}

}  // namespace

Explorer::Explorer(const Rules& rules, const Cfg& cfg, const Demand& demand,
                   const Strategy& strategy, const Options& budget)
    : rules_(rules),
      code_(rules.subject.code),
      cfg_(cfg),
      demand_(demand),
      strategy_(strategy),
      budget_(budget),
      observer_(budget.observer != nullptr ? *budget.observer : Observer{}),
      transfer_(rules, symbols_),
      latest_(cfg.blocks.size(), kNone),
      depths_(code_.functions.size(), 0),
      accessed_(code_.size(), 0),
      called_(code_.size(), 0),
      by_position_(cfg.blocks.size(), 0) {
  for (uint32_t block = 0; block < cfg.blocks.size(); ++block) {
    by_position_[cfg.blocks[block].position] = block;
  }
}

Verdict Explorer::run() {
  verdict_.statistics.attempts = 1;
  if (budget_.record_invariants) verdict_.invariants.resize(code_.size());
  verify_later(State::entry(rules_.subject.platform));
  while (!later_.empty() || !waiting_.empty()) {
    if (waiting_.empty()) {
      // The root stays open: the symbols of every program are the same in all of it.
      tree_.fork(0);
      Path path{.state = std::move(later_.back()), .stretch = tree_.child(0), .loops = {}};
      path.pc = path.state.frames.back().entry;
      later_.pop_back();
      if (budget_.refiner != nullptr) {
        path.root = static_cast<uint32_t>(entries_.size());
        entries_.push_back(path.state);
      }
      wait(std::move(path));
    }
    Path path = std::move(waiting_.back());
    waiting_.pop_back();
    stored_ -= size(path);
    symbols_.set_stretch(path.stretch);
    if (observer_.path != nullptr) {
      observer_.path(observer_.context, path.trace == kNone ? path.pc : path.from, path.pc);
    }
    Next next = Next::kGoOn;
    while (next == Next::kGoOn) next = advance(path);
    if (next == Next::kStopped) return std::move(verdict_);
    tree_.close(path.stretch);
  }
  if (!stack_fits()) return std::move(verdict_);
  if (budget_.cut_points != nullptr) tell_cut_points();
  verdict_.outcome = Outcome::kAccepted;
  return std::move(verdict_);
}

void Explorer::verify_later(State state) {
  const Root root{.entry = state.frames.back().entry,
                  .role = state.frames.back().role,
                  .map = state.registers[1].map};
  if (std::find(roots_.begin(), roots_.end(), root) != roots_.end()) return;
  roots_.push_back(root);
  if (!rules_.privileged) state.ended = {};
  later_.push_back(std::move(state));
}

Explorer::Next Explorer::advance(Path& path) {
  const uint32_t block = cfg_.block_at(path.pc);
  if (block != Cfg::kNoBlock && (cfg_.blocks[block].join || cfg_.blocks[block].head)) {
    const Next next = arrive(path, cfg_.blocks[block]);
    if (next != Next::kGoOn) return next;
  }
  if (spent()) return give_up(path);
  ++verdict_.statistics.steps;
  ++work_;
  if (budget_.record_invariants) record(path);
  if (observer_.step != nullptr) observer_.step(observer_.context, path.pc, path.state);
  return budget_.refiner != nullptr ? execute_refining(path) : execute(path);
}

Explorer::Next Explorer::execute(Path& path) {
  const Instruction<>& insn = code_.insns[path.pc];
  switch (insn.row().kind) {
    case Kind::kJump:
      return jump(path, insn);
    case Kind::kJa:
    case Kind::kGotol:
      path.from = path.pc;
      path.pc = *code_.target(path.pc);
      return Next::kGoOn;
    case Kind::kCallLocal:
      return call(path, insn);
    case Kind::kCallHelper:
      return call_helper(path, insn);
    case Kind::kCallBtf:
      return call_kernel(path, insn);
    case Kind::kMayGoto:
      return may_goto(path);
    case Kind::kLoadAbs:
    case Kind::kLoadInd:
      return load_packet(path, insn);
    case Kind::kExit:
      return exit(path);
    case Kind::kLoad:
    case Kind::kLoadSx:
    case Kind::kLoadAcquire:
    case Kind::kStore:
    case Kind::kStoreImm:
    case Kind::kStoreRelease:
    case Kind::kAtomic:
      measure_stack(path, insn);
      if (mixes_pointers(path, insn)) {
        const ebpf::Reg reg = is_load(insn) ? insn.src : insn.dst;
        return reject(path, {.reason = Reason::kMixedPointers,
                             .reg = reg,
                             .type = path.state.registers[reg].type,
                             .access = {}});
      }
      break;
    case Kind::kAlu:
    case Kind::kNeg:
    case Kind::kMovsx:
    case Kind::kEndian:
    case Kind::kImm64:
    case Kind::kCallx:
    case Kind::kAddrSpaceCast:
      break;
  }
  if (Checked done = transfer_.step(insn, path.pc, path.state); !done) {
    return reject(path, done.error());
  }
  path.provenance.wrote(insn, path.pc, path.trace);
  // Long stretches without a join leave many symbols behind.
  if (path.state.relations.ranges().size() > kMaxSymbols) path.state.forget_dead(kAllRegisters);
  path.from = path.pc;
  path.pc = code_.next(path.pc);
  return Next::kGoOn;
}

Explorer::Next Explorer::jump(Path& path, const Instruction<>& insn) {
  if (Checked done = transfer_.check_jump(insn, path.state); !done) {
    return reject(path, done.error());
  }
  work_ += path.state.size() / kUsualSize;
  const uint32_t pc = path.pc;
  const uint32_t target = *code_.target(pc);
  // A copy only where both ways may be gone.
  State taken = path.state;
  const bool may_take = transfer_.assume(insn, true, taken);
  const bool may_fall = transfer_.assume(insn, false, path.state);
  if (!may_take && !may_fall) return Next::kEnded;
  path.from = pc;
  if (may_take && may_fall) {
    fork(path, std::move(taken), target, true);
  } else if (may_take) {
    path.state = std::move(taken);
    path.trace = traced(path, true);
    path.pc = target;
    return Next::kGoOn;
  }
  path.trace = traced(path, false);
  path.pc = code_.next(pc);
  return spent() ? give_up(path) : Next::kGoOn;
}

// Hosts rewrite accesses of fields, and probe loads of kernel objects: one way for each
// instruction.
bool Explorer::mixes_pointers(const Path& path, const Instruction<>& insn) {
  const Value& pointer = path.state.registers[is_load(insn) ? insn.src : insn.dst];
  const bool fields = pointer.type == Type::kContext || pointer.type == Type::kStructure ||
                      pointer.type == Type::kObject;
  const auto kind = static_cast<uint8_t>(fields ? 2 + static_cast<uint8_t>(pointer.type) * 8 +
                                                      static_cast<uint8_t>(pointer.structure)
                                                : 1);
  uint8_t& before = accessed_[path.pc];
  if (before == 0) before = kind;
  return before != kind;
}

// Another way on from here, which waits.
void Explorer::fork(Path& path, State state, uint32_t pc, bool taken) {
  const uint32_t stretch = path.stretch;
  const uint32_t trace = traced(path, taken);
  tree_.fork(stretch);
  wait({.state = std::move(state),
        .pc = pc,
        .from = path.pc,
        .stretch = tree_.child(stretch),
        .trace = trace,
        .kept = path.kept,
        .root = path.root,
        .loops = path.loops,
        .provenance = path.provenance});
  enter_stretch(path);
}

// The path's trace with what its instruction decides.
uint32_t Explorer::traced(const Path& path, bool taken) {
  traces_.push_back({.previous = path.trace, .branch = {.pc = path.pc, .taken = taken}});
  return static_cast<uint32_t>(traces_.size()) - 1;
}

void Explorer::enter_stretch(Path& path) {
  path.stretch = tree_.child(path.stretch);
  symbols_.set_stretch(path.stretch);
}

size_t Explorer::size(const Path& path) {
  return path.state.size() + path.loops.size() / kUsualSize;
}

bool Explorer::spent() {
  constexpr uint64_t kStepsBetween = 256;
  if (budget_.expired != nullptr && verdict_.statistics.steps >= asked_ + kStepsBetween) {
    asked_ = verdict_.statistics.steps;
    expired_ = budget_.expired(budget_.expired_context);
  }
  return expired_ || verdict_.statistics.steps == budget_.max_steps ||
         work_ > kWorkPerStep * budget_.max_steps ||
         kept_.size() + waiting_.size() >= budget_.max_states ||
         stored_ >= kValuesPerState * budget_.max_states;
}

void Explorer::wait(Path path) {
  stored_ += size(path);
  waiting_.push_back(std::move(path));
}

void Explorer::record(const Path& path) {
  Invariant& invariant = verdict_.invariants[path.pc];
  const RegisterFacts now = path.state.facts();
  if (!invariant.reachable) {
    invariant = {.reachable = true, .registers = now};
    return;
  }
  for (unsigned reg = 0; reg < ebpf::kRegisterCount; ++reg) {
    RegisterFact& fact = invariant.registers[reg];
    const RegisterFact& other = now[reg];
    const bool alike = fact.type == other.type && fact.frame == other.frame &&
                       fact.structure == other.structure && fact.detail == other.detail &&
                       fact.map == other.map;
    if (!alike) {
      fact = {};
    } else {
      fact.nullable = fact.nullable || other.nullable;
      fact.value = join(fact.value, now[reg].value);
    }
  }
}

Explorer::Next Explorer::reject(const Path& path, const Failure& failure) {
  if (budget_.refiner != nullptr) {
    if (const Next next = ask(path, failure); next != Next::kStopped) return next;
    verdict_.undecided = true;
  }
  verdict_.outcome = Outcome::kRejected;
  Rejection& rejection = verdict_.rejection;
  rejection.reason = failure.reason;
  rejection.reg = failure.reg;
  rejection.type = failure.type;
  rejection.access = failure.access;
  tell(path);
  return Next::kStopped;
}

Explorer::Next Explorer::give_up(const Path& path) {
  verdict_.outcome = Outcome::kResourceLimit;
  verdict_.rejection.reg = kNoRegister;
  tell(path);
  return Next::kStopped;
}

// What the acceptance rests on.
void Explorer::tell_cut_points() {
  std::vector<uint32_t> before;
  before.reserve(kept_.size());
  for (const Kept& kept : kept_) before.push_back(kept.before);
  for (const CutPoint& point : cut_points(before, covers_)) {
    const Kept& kept = kept_[point.kept];
    budget_.cut_points->add(budget_.cut_points->context, {.pc = kept.pc,
                                                          .state = kept.state,
                                                          .parent = point.parent,
                                                          .loop = point.loop,
                                                          .round = kept.round});
  }
}

// Of what a path decided, the jumps.
bool Explorer::is_shown(const Branch& branch) const {
  const Kind kind = code_.insns[branch.pc].row().kind;
  return kind == Kind::kJump || (kind == Kind::kMayGoto && branch.taken);
}

// Where the path stands, how it came there, and what is known.
void Explorer::tell(const Path& path) {
  Rejection& rejection = verdict_.rejection;
  rejection.pc = path.pc;
  rejection.registers = path.state.facts();
  std::vector<uint32_t> kept;
  for (uint32_t i = path.trace; i != kNone && kept.size() < kPathLength; i = traces_[i].previous) {
    if (is_shown(traces_[i].branch)) kept.push_back(i);
  }
  std::reverse(kept.begin(), kept.end());
  for (const uint32_t i : kept) rejection.path.push_back(traces_[i].branch);
  for (size_t reg = 0; reg < rejection.origins.size(); ++reg) {
    const Provenance::Write& write = path.provenance.of(reg);
    // Indices grow along a path.
    const auto later = write.trace == kNowhere
                           ? kept.begin()
                           : std::upper_bound(kept.begin(), kept.end(), write.trace);
    rejection.origins[reg] = {write.pc, static_cast<uint32_t>(later - kept.begin()), write.ended};
  }
  for (const Frame& frame : path.state.frames) {
    if (frame.role == Role::kCallee) rejection.calls.push_back(frame.return_pc - 1);
    if (frame.role == Role::kCallback) rejection.calls.push_back(frame.return_pc);
  }
}

}  // namespace zext::verifier
