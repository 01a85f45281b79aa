// Arrivals at joins and loop heads: a path ends there, or its state is kept, as it is or
// generalised.
#include <algorithm>
#include <bit>

#include "verifier/fixpoint/explorer.h"
#include "verifier/fixpoint/generalise.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::Kind;

// Kept states looked at for an arriving one, the latest first, and those compared with it.
constexpr uint32_t kMaxCandidates = 256;
constexpr uint32_t kMaxComparisons = 64;
// Generalisations of one loop with thresholds, and in all before everything that differs is
// forgotten; after two of those it would have converged.
constexpr uint32_t kThresholdWidenings = 3;
constexpr uint32_t kMaxWidenings = 10;
constexpr uint32_t kForcedWidenings = 3;
constexpr size_t kMaxThresholds = 48;
// Rounds of a loop before the refiner is asked whether there are more.
constexpr uint32_t kPatience = 8;

// Most rounds of the callback of the helper that is about to be called: of bpf_loop as many as r1
// says, of bpf_for_each_map_elem as r1's map has elements.
uint64_t most_rounds(const State& state) {
  const Value& first = state.registers[1];
  if (first.type == Type::kMap) return first.map->max_entries;
  constexpr uint64_t kMost = uint64_t{1} << 23;
  return first.type == Type::kNumber ? std::min(unsigned_max(first.number), kMost) : 1;
}

}  // namespace

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
  kept.exact = !merge_with_kept(path, block.live);
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
    if (kept.own || (ancestor && kept.round == kNoSymbol)) continue;
    ++compared;
    work_ += work;
    const Roles roles{.symbols = &symbols_,
                      .tree = &tree_,
                      .stretch = kept.stretch,
                      .round = ancestor ? kept.round : kNoSymbol,
                      .ancestor = ancestor};
    if (!covers(kept.state, path.state, roles)) continue;
    if (!ancestor || bounds_rounds(kept.state, kept.round)) {
      if (budget_.cut_points != nullptr) covers_.push_back({.from = path.kept, .to = i});
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
  // The loop may have ended long ago, for reasons that the domains do not see.
  if (budget_.refiner != nullptr && strategy_.unroll == kUnlimited && kept.rounds >= kPatience &&
      std::has_single_bit(kept.rounds) && never(path)) {
    return Next::kEnded;
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
    kept.exact = false;
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
  kept.pc = path.pc;
  kept.stretch = path.stretch;
  kept.previous = latest_[block];
  kept.loop = innermost(path);
  kept.before = path.kept;
  kept.trace = path.trace;
  path.kept = static_cast<uint32_t>(kept_.size());
  latest_[block] = path.kept;
  stored_ += kept.state.size();
  kept_.push_back(std::move(kept));
  verdict_.statistics.peak_states = std::max(verdict_.statistics.peak_states,
                                             static_cast<uint32_t>(kept_.size() + waiting_.size()));
}

uint32_t Explorer::innermost(const Path& path) {
  return path.loops.empty() ? kNone : path.loops.back().kept;
}

// Where many states are kept that paths left behind in this round, what tells this one from the
// latest of them is hardly worth knowing.
bool Explorer::merge_with_kept(Path& path, uint16_t live) {
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
  if (closed < strategy_.states_per_join) return false;
  approximated_ = true;
  const bool again = closed == 2 * strategy_.states_per_join;
  (void)generalise(path.state, kept_[latest].state, {.symbols = symbols_, .grow = again});
  // Merging forgets only, so the state stays possible.
  (void)path.state.reduce();
  // Symbols that nothing mentions any more would keep it from covering others.
  path.state.forget_dead(live);
  if (observer_.merged != nullptr) observer_.merged(observer_.context, path.pc, path.state);
  return true;
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

}  // namespace zext::verifier
