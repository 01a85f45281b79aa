#include "verifier/fixpoint/explorer.h"

#include <algorithm>

#include "verifier/fixpoint/generalise.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::Kind;

// Frames of a chain of calls, as in Linux (MAX_CALL_FRAMES).
constexpr size_t kMaxFrames = 8;
// Kept states looked at for an arriving one, the latest first, and those compared with it.
constexpr uint32_t kMaxCandidates = 256;
constexpr uint32_t kMaxComparisons = 64;
// Generalisations of one loop with thresholds, and in all before everything that differs is
// forgotten; after two of those it would have converged.
constexpr uint32_t kThresholdWidenings = 3;
constexpr uint32_t kMaxWidenings = 10;
constexpr uint32_t kForcedWidenings = 3;
constexpr size_t kMaxThresholds = 48;
// Symbols of a state before those that nothing mentions are forgotten.
constexpr size_t kMaxSymbols = 1024;
constexpr uint16_t kAllRegisters = 0x7ff;
// Values in a state of usual size; work allowed for each step and values for each state, on
// average.
constexpr size_t kUsualSize = 16;
constexpr uint64_t kWorkPerStep = 4;
constexpr uint64_t kValuesPerState = 32;

// Most rounds of the callback of the helper that is about to be called: of bpf_loop as many as r1
// says, of bpf_for_each_map_elem as r1's map has elements.
uint64_t most_rounds(const State& state) {
  const Value& first = state.registers[1];
  if (first.type == Type::kMap) return first.map->max_entries;
  constexpr uint64_t kMost = uint64_t{1} << 23;
  return first.type == Type::kNumber ? std::min(unsigned_max(first.number), kMost) : 1;
}

// The register of an argument that lies in the packet, or 0.
ebpf::Reg packet_argument(const Function& function, const State& state) {
  for (ebpf::Reg reg = 1; reg <= function.parameter_count; ++reg) {
    const Type type = state.registers[reg].type;
    if (type == Type::kPacket || type == Type::kPacketMeta) return reg;
  }
  return 0;
}

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
  const uint32_t trace = path.trace;
  path.from = pc;
  // A copy only where both ways may be gone.
  State taken = path.state;
  const bool may_take = transfer_.assume(insn, true, taken);
  const bool may_fall = transfer_.assume(insn, false, path.state);
  if (!may_take && !may_fall) return Next::kEnded;
  const auto traced = [&](bool is_taken) {
    traces_.push_back({.previous = trace, .branch = {.pc = pc, .taken = is_taken}});
    return static_cast<uint32_t>(traces_.size()) - 1;
  };
  if (may_take && may_fall) {
    const uint32_t stretch = path.stretch;
    tree_.fork(stretch);
    wait({.state = std::move(taken),
          .pc = target,
          .from = pc,
          .stretch = tree_.child(stretch),
          .trace = traced(true),
          .loops = path.loops,
          .provenance = path.provenance});
    enter_stretch(path);
  } else if (may_take) {
    path.state = std::move(taken);
    path.trace = traced(true);
    path.pc = target;
    return Next::kGoOn;
  }
  path.trace = traced(false);
  path.pc = code_.next(pc);
  return spent() ? give_up(path) : Next::kGoOn;
}

// Whether one more frame may be entered; notes who calls whom.
bool Explorer::nest(const Path& path, uint32_t callee) {
  if (called_[path.pc] == 0) {
    calls_.push_back({path.state.frames.back().entry, callee, path.pc});
  }
  called_[path.pc] = 1;
  return path.state.frames.size() < kMaxFrames;
}

Explorer::Next Explorer::call(Path& path, const Instruction<>&) {
  const uint32_t target = *code_.target(path.pc);
  if (path.state.lock.held) {
    return reject(path,
                  {.reason = Reason::kLockedCall, .reg = kNoRegister, .type = {}, .access = {}});
  }
  if (!nest(path, target)) {
    Failure failure{.reason = Reason::kCallDepth, .reg = kNoRegister, .type = {}, .access = {}};
    failure.access.related = kMaxFrames + 1;
    return reject(path, failure);
  }
  const Function* function = transfer_.function_at(target);
  if (function != nullptr && function->global) return call_global(path, *function);
  transfer_.call(target, code_.next(path.pc), path.state);
  path.provenance.enter();
  path.from = path.pc;
  path.pc = target;
  return Next::kGoOn;
}

Explorer::Next Explorer::call_global(Path& path, const Function& function) {
  if (Checked done = transfer_.check_arguments(function, path.state); !done) {
    return reject(path, done.error());
  }
  for (ebpf::Reg reg = 1; reg <= kArgumentCount; ++reg) measure_stack(path, reg, 0);
  const bool changes = changes_packet(function.entry);
  if (const ebpf::Reg reg = packet_argument(function, path.state); changes && reg != 0) {
    // It would go on using what it moved away.
    return reject(path, {.reason = Reason::kFunctionArgument,
                         .reg = reg,
                         .type = path.state.registers[reg].type,
                         .access = {}});
  }
  const auto before = Provenance::addresses(path.state);
  transfer_.return_from(function, changes, path.state);
  verify_later(transfer_.global_entry(function));
  path.provenance.wrote(code_.insns[path.pc], path.pc, path.trace);
  path.provenance.ended(before, path.state, path.pc, path.trace);
  path.from = path.pc;
  path.pc = code_.next(path.pc);
  return Next::kGoOn;
}

// Whether the function, or one that it calls, calls a helper that changes packets.
bool Explorer::changes_packet(uint32_t entry) const {
  std::vector<uint32_t> entries{entry};
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto next = std::upper_bound(code_.functions.begin(), code_.functions.end(), entries[i]);
    const uint32_t end = next == code_.functions.end() ? code_.size() : *next;
    for (uint32_t pc = entries[i]; pc < end; pc = code_.next(pc)) {
      const Instruction<>& insn = code_.insns[pc];
      if (insn.row().kind == Kind::kCallHelper) {
        const Helper* helper =
            rules_.subject.platform.helper(static_cast<uint32_t>(insn.imm.value()));
        constexpr uint32_t kDynptrWrite = 202;  // to a packet, where the dynptr is one's
        if (helper != nullptr && (helper->changes_packet || helper->number == kDynptrWrite)) {
          return true;
        }
        if (ebpf::is_tail_call(insn)) return true;  // what it goes on in may do so
      }
      const bool address = insn.op == ebpf::Op::kLoadFunction;
      if (insn.row().kind != Kind::kCallLocal && !address) continue;
      const uint32_t callee = address ? named_function(insn, pc) : *code_.target(pc);
      if (std::find(entries.begin(), entries.end(), callee) == entries.end()) {
        entries.push_back(callee);
      }
    }
  }
  return false;
}

Explorer::Next Explorer::call_helper(Path& path, const Instruction<>& insn) {
  auto call = transfer_.check_helper(insn, path.state);
  if (!call) return reject(path, call.error());
  for (ebpf::Reg reg = 1; reg <= kArgumentCount; ++reg) measure_stack(path, reg, 0);
  const bool has_function = call->callback != Callback::kNone;
  if (has_function && !nest(path, call->function)) {
    return reject(path,
                  {.reason = Reason::kCallDepth, .reg = kNoRegister, .type = {}, .access = {}});
  }
  if (call->callback == Callback::kTimer) {
    verify_later(transfer_.deferred_entry(*call));
  } else if (has_function) {
    State inside = path.state;
    if (transfer_.call_back(*call, path.pc, inside)) {
      fork(path, std::move(inside), call->function, std::nullopt);
      waiting_.back().provenance.enter();
      // The arguments may have been looked at in a state that is gone.
      call = transfer_.check_helper(insn, path.state);
    }
    path.state.frames.back().rounds = {};
  }
  // A program that a function of this one goes on in returns to the function's caller.
  if (ebpf::is_tail_call(insn) && path.state.frames.size() > 1) {
    State out = path.state;
    tail_callers_.push_back(path.state.frames.back().entry);
    out.invalidate_packet(rules_.subject.platform, symbols_);
    out.registers[0] = Value::of(Number::top());
    if (const Next next = return_early(path, std::move(out)); next != Next::kGoOn) return next;
    call = transfer_.check_helper(insn, path.state);
  }
  const auto before = Provenance::addresses(path.state);
  if (Checked done = transfer_.finish_helper(*call, path.pc, path.state); !done) {
    return reject(path, done.error());
  }
  path.provenance.wrote(insn, path.pc, path.trace);
  path.provenance.ended(before, path.state, path.pc, path.trace);
  path.from = path.pc;
  path.pc = code_.next(path.pc);
  return spent() ? give_up(path) : Next::kGoOn;
}

Explorer::Next Explorer::call_kernel(Path& path, const Instruction<>& insn) {
  const auto call = transfer_.check_kernel_function(insn, path.state);
  if (!call) return reject(path, call.error());
  for (ebpf::Reg reg = 1; reg <= kArgumentCount; ++reg) measure_stack(path, reg, 0);
  const uint32_t next = code_.next(path.pc);
  if (call->kfunc->effect == KfuncEffect::kIteratorNext) {
    State ended = path.state;
    transfer_.end_elements(*call, ended);
    if (transfer_.take_element(*call, path.state)) {
      fork(path, std::move(ended), next, std::nullopt);
    } else {
      path.state = std::move(ended);
    }
  } else if (Checked done = transfer_.finish_helper(*call, path.pc, path.state); !done) {
    return reject(path, done.error());
  }
  path.from = path.pc;
  path.pc = next;
  return spent() ? give_up(path) : Next::kGoOn;
}

Explorer::Next Explorer::may_goto(Path& path) {
  State stays = path.state;
  const bool more = transfer_.take_round(stays);
  const uint32_t target = *code_.target(path.pc);
  if (more) {
    fork(path, std::move(path.state), target, true);
    path.state = std::move(stays);
    path.from = path.pc;
    path.pc = code_.next(path.pc);
  } else {
    path.from = path.pc;
    path.pc = target;
  }
  return spent() ? give_up(path) : Next::kGoOn;
}

// Where the packet has no such byte, the function returns 0 at once.
Explorer::Next Explorer::load_packet(Path& path, const Instruction<>& insn) {
  State out = path.state;
  if (Checked done = transfer_.step(insn, path.pc, path.state); !done) {
    return reject(path, done.error());
  }
  if (path.state.lock.held) {
    return reject(path,
                  {.reason = Reason::kLockedCall, .reg = kNoRegister, .type = {}, .access = {}});
  }
  out.registers[0] = Value::of(constant_number(0));
  if (const Next next = return_early(path, std::move(out)); next != Next::kGoOn) return next;
  path.provenance.wrote(insn, path.pc, path.trace);
  path.from = path.pc;
  path.pc = code_.next(path.pc);
  return Next::kGoOn;
}

// Another way on: the function returns from here.
Explorer::Next Explorer::return_early(Path& path, State state) {
  Path out{.state = std::move(state),
           .pc = path.pc,
           .trace = path.trace,
           .loops = path.loops,
           .provenance = path.provenance};
  const Next next = exit(out);
  if (next != Next::kGoOn) return next == Next::kEnded ? Next::kGoOn : next;
  fork(path, std::move(out.state), out.pc, std::nullopt);
  waiting_.back().from = out.from;
  waiting_.back().loops = std::move(out.loops);
  waiting_.back().provenance = std::move(out.provenance);
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
void Explorer::fork(Path& path, State state, uint32_t pc, std::optional<bool> taken) {
  const uint32_t stretch = path.stretch;
  uint32_t trace = path.trace;
  if (taken) {
    traces_.push_back({.previous = trace, .branch = {.pc = path.pc, .taken = *taken}});
    trace = static_cast<uint32_t>(traces_.size()) - 1;
  }
  tree_.fork(stretch);
  wait({.state = std::move(state),
        .pc = pc,
        .from = path.pc,
        .stretch = tree_.child(stretch),
        .trace = trace,
        .loops = path.loops,
        .provenance = path.provenance});
  enter_stretch(path);
}

Explorer::Next Explorer::exit(Path& path) {
  if (Checked done = transfer_.check_exit(path.state); !done) return reject(path, done.error());
  if (path.state.frames.size() == 1) return Next::kEnded;
  const Frame& frame = path.state.frames.back();
  const uint32_t return_pc = frame.return_pc;
  const bool round = frame.role == Role::kCallback;
  if (round) {
    transfer_.end_round(path.state);
  } else {
    transfer_.leave(path.state);
  }
  const size_t depth = path.state.frames.size();
  std::erase_if(path.loops, [&](const Loop& loop) { return loop.frames > depth; });
  path.from = round ? return_pc : return_pc - 1;  // the call
  path.provenance.leave(path.from, path.trace);
  path.pc = return_pc;
  return Next::kGoOn;
}

void Explorer::enter_stretch(Path& path) {
  path.stretch = tree_.child(path.stretch);
  symbols_.set_stretch(path.stretch);
}

bool Explorer::came_round(const Path& path, const Block& block) const {
  const uint32_t from = cfg_.owners[path.from];
  return block.head && from != Cfg::kNoBlock && Cfg::inside(block, cfg_.blocks[from]);
}

Explorer::Next Explorer::arrive(Path& path, const Block& block) {
  const size_t depth = path.state.frames.size();
  std::erase_if(path.loops, [&](const Loop& loop) {
    return loop.frames == depth && !Cfg::inside(cfg_.blocks[cfg_.starts[loop.pc]], block);
  });
  const Demand::Set& wanted = demand_.before[cfg_.starts[block.first]];
  path.state.forget_dead_slots(wanted.live_slots);
  if (strategy_.forgets && path.state.forget_undemanded(wanted.registers, wanted.slots, symbols_)) {
    approximated_ = true;
  }
  path.state.forget_dead(block.live);
  if (block.calls_back && path.from != block.first) {
    path.state.frames.back().rounds = Value::of(constant_number(0));
  }
  path.state.each_value([&](Value& value) {
    value.shifted = {};
    path.state.symbolise(value, symbols_);
  });
  // Sums that grow longer in each round that adds to them.
  if (block.head) path.state.each_value([&](Value& value) { path.state.shorten(value, symbols_); });
  work_ += path.state.size() / kUsualSize;
  if (const Next next = covered(path, block); next != Next::kGoOn) return next;
  if (spent()) return give_up(path);
  if (came_round(path, block)) return come_round(path, block);
  Kept kept;
  const uint32_t index = static_cast<uint32_t>(kept_.size());
  enter_stretch(path);
  merge_with_kept(path, block.live);
  keep(path, std::move(kept));
  if (block.head) {
    const size_t frames = path.state.frames.size();
    std::erase_if(path.loops, [&](const Loop& loop) {
      return loop.pc == block.first && loop.frames == frames;
    });
    path.loops.push_back(
        {.pc = block.first, .frames = static_cast<uint32_t>(frames), .kept = index});
  }
  return Next::kGoOn;
}

Explorer::Next Explorer::covered(Path& path, const Block& block) {
  uint32_t seen = 0;
  uint32_t compared = 0;
  const size_t work = 1 + path.state.size() / (2 * kUsualSize);
  for (uint32_t i = latest_[cfg_.starts[block.first]];
       i != kNone && seen < kMaxCandidates && compared < kMaxComparisons;
       i = kept_[i].previous, ++seen) {
    const Kept& kept = kept_[i];
    const bool ancestor = tree_.open(kept.stretch);
    if (ancestor && kept.round == kNoSymbol) continue;
    ++compared;
    work_ += work;
    const Roles roles{.symbols = &symbols_,
                      .tree = &tree_,
                      .stretch = kept.stretch,
                      .round = ancestor ? kept.round : kNoSymbol,
                      .ancestor = ancestor};
    if (!covers(kept.state, path.state, roles)) continue;
    if (!ancestor || bounds_rounds(kept.state, kept.round)) {
      if (observer_.covered != nullptr) {
        observer_.covered(observer_.context, path.pc, kept.state);
      }
      return Next::kEnded;
    }
    return reject(path,
                  {.reason = Reason::kTermination, .reg = kNoRegister, .type = {}, .access = {}});
  }
  return Next::kGoOn;
}

Explorer::Next Explorer::come_round(Path& path, const Block& block) {
  const size_t frames = path.state.frames.size();
  const auto loop = std::find_if(path.loops.begin(), path.loops.end(), [&](const Loop& l) {
    return l.pc == block.first && l.frames == frames;
  });
  Kept kept;
  uint32_t earlier = kNone;
  if (loop != path.loops.end()) {
    earlier = loop->kept;
    kept.rounds = kept_[earlier].rounds + 1;
    kept.widenings = kept_[earlier].widenings;
  }
  enter_stretch(path);
  if (earlier != kNone && kept.rounds >= strategy_.unroll) {
    if (kept.widenings == kMaxWidenings + kForcedWidenings) {
      return reject(path,
                    {.reason = Reason::kTermination, .reg = kNoRegister, .type = {}, .access = {}});
    }
    work_ += (block.end - block.position) / kUsualSize;
    Generalisation how{.symbols = symbols_, .widen = true};
    how.privileged = rules_.privileged;
    how.earlier_round = kept_[earlier].round;
    how.earlier_stretch = kept_[earlier].stretch;
    std::vector<Bits<64>> bounds;
    if (kept.widenings < kThresholdWidenings) bounds = thresholds(block);
    if (block.calls_back) bounds.push_back(Bits<64>::of(most_rounds(path.state)));
    how.thresholds = bounds;
    how.compared = compared(block);
    how.force = kept.widenings >= kMaxWidenings;
    kept.round = generalise(path.state, kept_[earlier].state, how);
    approximated_ = true;
    if (!path.state.reduce()) return Next::kEnded;
    path.state.forget_dead(block.live);
    ++kept.widenings;
    ++verdict_.statistics.widenings;
    if (observer_.generalised != nullptr) {
      observer_.generalised(observer_.context, path.pc, path.state);
    }
  }
  const uint32_t index = static_cast<uint32_t>(kept_.size());
  keep(path, std::move(kept));
  if (loop != path.loops.end()) {
    loop->kept = index;
  } else {
    path.loops.push_back(
        {.pc = block.first, .frames = static_cast<uint32_t>(frames), .kept = index});
  }
  return Next::kGoOn;
}

void Explorer::keep(Path& path, Kept kept) {
  const uint32_t block = cfg_.starts[path.pc];
  kept.state = path.state;
  kept.stretch = path.stretch;
  kept.previous = latest_[block];
  kept.loop = innermost(path);
  latest_[block] = static_cast<uint32_t>(kept_.size());
  stored_ += kept.state.size();
  kept_.push_back(std::move(kept));
  verdict_.statistics.peak_states = std::max(verdict_.statistics.peak_states,
                                             static_cast<uint32_t>(kept_.size() + waiting_.size()));
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

uint32_t Explorer::innermost(const Path& path) {
  return path.loops.empty() ? kNone : path.loops.back().kept;
}

// Where many states are kept that paths left behind in this round, what tells this one from the
// latest of them is hardly worth knowing.
void Explorer::merge_with_kept(Path& path, uint16_t live) {
  uint32_t seen = 0;
  uint32_t closed = 0;
  uint32_t latest = kNone;
  for (uint32_t i = latest_[cfg_.starts[path.pc]]; i != kNone && seen < kMaxCandidates;
       i = kept_[i].previous, ++seen) {
    const Kept& kept = kept_[i];
    if (tree_.open(kept.stretch) || kept.loop != innermost(path) ||
        kept.state.frames.size() != path.state.frames.size()) {
      continue;
    }
    if (latest == kNone) latest = i;
    if (++closed == 2 * strategy_.states_per_join) break;
  }
  if (closed < strategy_.states_per_join) return;
  approximated_ = true;
  const bool again = closed == 2 * strategy_.states_per_join;
  (void)generalise(path.state, kept_[latest].state, {.symbols = symbols_, .grow = again});
  // Merging forgets only, so the state stays possible.
  (void)path.state.reduce();
  // Symbols that nothing mentions any more would keep it from covering others.
  path.state.forget_dead(live);
  if (observer_.merged != nullptr) observer_.merged(observer_.context, path.pc, path.state);
}

// Numbers that the loop compares with, one less and one more, as before and after a test at the end
// of a round. What grows stops at the first on its way, and the next time at the one after it.
std::vector<Bits<64>> Explorer::thresholds(const Block& head) const {
  std::vector<Bits<64>> found;
  for (uint32_t at = head.position; at < head.end; ++at) {
    const Instruction<>& insn = code_.insns[cfg_.blocks[by_position_[at]].last];
    const bool compares =
        insn.row().kind == Kind::kJump && insn.row().source == ebpf::Source::kImmediate;
    if (!compares) continue;
    for (const uint64_t more : {~uint64_t{0}, uint64_t{0}, uint64_t{1}}) {
      found.push_back(insn.imm + Bits<64>::of(more));
    }
    if (found.size() >= kMaxThresholds) break;
  }
  return found;
}

uint16_t Explorer::compared(const Block& head) const {
  uint16_t mask = 0;
  for (uint32_t at = head.position; at < head.end; ++at) {
    const Instruction<>& insn = code_.insns[cfg_.blocks[by_position_[at]].last];
    const bool compares =
        insn.row().kind == Kind::kJump && insn.row().source == ebpf::Source::kRegister;
    if (!compares) continue;
    mask = static_cast<uint16_t>(mask | 1u << insn.dst | 1u << insn.src);
  }
  return mask;
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

// Where the path stands, how it came there, and what is known.
void Explorer::tell(const Path& path) {
  Rejection& rejection = verdict_.rejection;
  rejection.pc = path.pc;
  rejection.registers = path.state.facts();
  std::vector<uint32_t> kept;
  for (uint32_t i = path.trace; i != kNone && kept.size() < kPathLength; i = traces_[i].previous) {
    kept.push_back(i);
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
