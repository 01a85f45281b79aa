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

}  // namespace

Explorer::Explorer(const ebpf::Code& code, const Cfg& cfg, const Platform& platform,
                   const Strategy& strategy, const Options& budget)
    : code_(code),
      cfg_(cfg),
      strategy_(strategy),
      budget_(budget),
      platform_(platform),
      transfer_(platform, symbols_),
      latest_(cfg.blocks.size(), kNone),
      depths_(code.functions.size(), 0),
      called_(code.size(), 0),
      by_position_(cfg.blocks.size(), 0) {
  for (uint32_t block = 0; block < cfg.blocks.size(); ++block) {
    by_position_[cfg.blocks[block].position] = block;
  }
}

Verdict Explorer::run() {
  verdict_.statistics.attempts = 1;
  if (budget_.record_invariants) verdict_.invariants.resize(code_.size());
  wait({.state = State::entry(platform_), .loops = {}});
  while (!waiting_.empty()) {
    Path path = std::move(waiting_.back());
    waiting_.pop_back();
    stored_ -= size(path);
    symbols_.set_stretch(path.stretch);
    Next next = Next::kGoOn;
    while (next == Next::kGoOn) next = advance(path);
    if (next == Next::kStopped) return std::move(verdict_);
    tree_.close(path.stretch);
  }
  if (!stack_fits()) return std::move(verdict_);
  verdict_.outcome = Outcome::kAccepted;
  return std::move(verdict_);
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
      break;
    case Kind::kAlu:
    case Kind::kNeg:
    case Kind::kMovsx:
    case Kind::kEndian:
    case Kind::kImm64:
    case Kind::kLoadAbs:
    case Kind::kLoadInd:
    case Kind::kMayGoto:
    case Kind::kCallHelper:
    case Kind::kCallBtf:
    case Kind::kCallx:
    case Kind::kAddrSpaceCast:
      break;
  }
  if (Checked done = transfer_.step(insn, path.state); !done) return reject(path, done.error());
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
          .loops = path.loops});
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

Explorer::Next Explorer::call(Path& path, const Instruction<>&) {
  const uint32_t target = *code_.target(path.pc);
  const uint32_t caller = path.state.frames.back().entry;
  if (path.state.frames.size() == kMaxFrames) {
    Failure failure{.reason = Reason::kCallDepth, .reg = kNoRegister, .type = {}, .access = {}};
    failure.access.related = kMaxFrames + 1;
    return reject(path, failure);
  }
  if (called_[path.pc] == 0) calls_.push_back({caller, target, path.pc});
  called_[path.pc] = 1;
  transfer_.call(target, code_.next(path.pc), path.state);
  path.from = path.pc;
  path.pc = target;
  return Next::kGoOn;
}

Explorer::Next Explorer::exit(Path& path) {
  if (Checked done = transfer_.check_exit(path.state); !done) return reject(path, done.error());
  if (path.state.frames.size() == 1) return Next::kEnded;
  const uint32_t return_pc = path.state.frames.back().return_pc;
  transfer_.leave(path.state);
  const size_t depth = path.state.frames.size();
  std::erase_if(path.loops, [&](const Loop& loop) { return loop.frames > depth; });
  path.from = return_pc - 1;  // the call
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
  path.state.forget_dead(block.live);
  path.state.each_value([&](Value& value) { path.state.symbolise(value, symbols_); });
  work_ += path.state.size() / kUsualSize;
  if (const Next next = covered(path, block); next != Next::kGoOn) return next;
  if (spent()) return give_up(path);
  if (came_round(path, block)) return come_round(path, block);
  Kept kept;
  const uint32_t index = static_cast<uint32_t>(kept_.size());
  enter_stretch(path);
  merge_with_kept(path);
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
    if (!ancestor || bounds_rounds(kept.state, kept.round)) return Next::kEnded;
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
    how.earlier_round = kept_[earlier].round;
    how.earlier_stretch = kept_[earlier].stretch;
    std::vector<Bits<64>> bounds;
    if (kept.widenings < kThresholdWidenings) bounds = thresholds(block, kept.widenings);
    how.thresholds = bounds;
    how.compared = compared(block);
    how.force = kept.widenings >= kMaxWidenings;
    kept.round = generalise(path.state, kept_[earlier].state, how);
    approximated_ = true;
    if (!path.state.reduce()) return Next::kEnded;
    path.state.forget_dead(block.live);
    ++kept.widenings;
    ++verdict_.statistics.widenings;
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

bool Explorer::spent() const {
  return verdict_.statistics.steps == budget_.max_steps ||
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
void Explorer::merge_with_kept(Path& path) {
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
}

// Numbers that the loop compares with: first one less, as after a test at the end of a round; if
// that does not hold, the number itself; then one more.
std::vector<Bits<64>> Explorer::thresholds(const Block& head, uint32_t widenings) const {
  std::vector<Bits<64>> found;
  for (uint32_t at = head.position; at < head.end; ++at) {
    const Instruction<>& insn = code_.insns[cfg_.blocks[by_position_[at]].last];
    const bool compares =
        insn.row().kind == Kind::kJump && insn.row().source == ebpf::Source::kImmediate;
    if (!compares) continue;
    found.push_back(insn.imm + Bits<64>::of(widenings) - Bits<64>::of(1));
    if (found.size() == kMaxThresholds) break;
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
    if (fact.type != now[reg].type || fact.frame != now[reg].frame) {
      fact = {};
    } else {
      fact.value = join(fact.value, now[reg].value);
    }
  }
}

Explorer::Next Explorer::reject(const Path& path, const Failure& failure) {
  verdict_.outcome = Outcome::kRejected;
  Rejection& rejection = verdict_.rejection;
  rejection.pc = path.pc;
  rejection.reason = failure.reason;
  rejection.reg = failure.reg;
  rejection.type = failure.type;
  rejection.access = failure.access;
  rejection.registers = path.state.facts();
  for (uint32_t i = path.trace; i != kNone && rejection.path.size() < kPathLength;
       i = traces_[i].previous) {
    rejection.path.push_back(traces_[i].branch);
  }
  std::reverse(rejection.path.begin(), rejection.path.end());
  return Next::kStopped;
}

Explorer::Next Explorer::give_up(const Path& path) {
  verdict_.outcome = Outcome::kResourceLimit;
  verdict_.rejection.pc = path.pc;
  verdict_.rejection.reg = kNoRegister;
  verdict_.rejection.registers = path.state.facts();
  return Next::kStopped;
}

}  // namespace zext::verifier
