#include "verifier/fixpoint/generalise.h"

#include <algorithm>
#include <vector>

namespace zext::verifier {
namespace {

// Fastest growth of an inequality in a round that is worth a guess.
constexpr Int128 kMaxStride = 1 << 20;

class Generaliser {
 public:
  Generaliser(State& state, const State& earlier, const Generalisation& how)
      : state_(state), earlier_(earlier), how_(how) {}

  Symbol run() {
    if (how_.widen && !how_.force) {
      start_rounds();
    }
    const Relations before = state_.relations;
    keep_shared_facts(before);
    for (unsigned reg = 0; reg < ebpf::kFramePointer; ++reg) {
      compared_ = (how_.compared >> reg & 1) != 0;
      merge(state_.registers[reg], earlier_.registers[reg]);
    }
    compared_ = true;
    for (size_t i = 0; i < state_.frames.size(); ++i) {
      merge(state_.frames[i], earlier_.frames[i]);
    }
    if (round_ != kNoSymbol) extrapolate(before);
    return round_;
  }

 private:
  // The form of a value that moves by `stride` in each round.
  struct Moving {
    Linear form;
    int64_t stride = 0;
  };

  // The round symbol is fresh and starts at the earlier one, or at 0.
  void start_rounds() {
    round_ = how_.symbols.fresh();
    to_come_ = Linear::symbol(round_);
    uint64_t least = 0;
    if (how_.earlier_round != kNoSymbol) {
      to_come_ = to_come_ - Linear::symbol(how_.earlier_round);
      least = earlier_.relations.range(how_.earlier_round).lo;
    }
    // Cannot fail: the symbol is new.
    (void)state_.relations.restrict(round_, least, ~uint64_t{0});
  }

  // What this path alone learnt of older symbols would only keep the state from covering others.
  void keep_shared_facts(const Relations& now) {
    const Relations& then = earlier_.relations;
    Relations shared;
    for (const Relations::Range& range : now.ranges()) {
      Relations::Range hull = range;
      if (then.knows(range.symbol)) {
        const Relations::Range old = then.range(range.symbol);
        hull = {range.symbol, std::min(range.lo, old.lo), std::max(range.hi, old.hi)};
        if (how_.grow && range.lo < old.lo) hull.lo = 0;
      }
      // Neither can fail: everything holds of `now`, which is possible.
      (void)shared.restrict(hull.symbol, hull.lo, hull.hi);
    }
    for (const Linear& inequality : now.inequalities()) {
      if (then.implies(inequality)) (void)shared.assume(inequality);
    }
    state_.relations = shared;
  }

  void merge(Frame& frame, const Frame& earlier) {
    for (unsigned i = 0; i < kSavedCount; ++i) merge(frame.saved[i], earlier.saved[i]);
    for (Stack::Slot& slot : frame.stack.slots()) merge(slot, earlier.stack.slot(slot.index));
  }

  void merge(Stack::Slot& slot, const Stack::Slot* earlier) {
    if (earlier == nullptr) {
      // At a join nothing is gained by knowing more than the other path; in a loop it may stay.
      if (!how_.widen || how_.force) slot = {.index = slot.index, .value = {}};
      return;
    }
    const bool same_place = slot.bytes == earlier->bytes && slot.first == earlier->first;
    const bool pointer = slot.bytes != 0 && is_pointer(slot.value.type);
    const bool other_pointer = earlier->bytes != 0 && is_pointer(earlier->value.type);
    slot.initialised &= earlier->initialised;
    if (slot.bytes != 0 && same_place) {
      merge(slot.value, earlier->value);
      if (slot.value.type != Type::kUninitialised) return;
    }
    slot.bytes = 0;
    slot.value = {};
    if (pointer || other_pointer) slot.initialised = 0;
  }

  void merge(Value& value, const Value& earlier) {
    if (value.type == Type::kUninitialised) return;
    if (!value.same_type(earlier)) {
      const bool keep = earlier.type == Type::kUninitialised && how_.widen && !how_.force;
      if (!keep) value = {};
      return;
    }
    const Linear now = value.form();
    const Linear moved = now - earlier.form();
    const Motion motion = motion_of(moved, earlier.form());
    if (motion == Motion::kStill) {
      if (now.size() != 0 && compared_) still_.push_back(now);
      const Number both = join(earlier.number, value.number);
      value.number = how_.grow ? reduce(widening(earlier.number, both)) : both;
      return;
    }
    const bool steady = motion == Motion::kSteady;
    if (steady) {
      const int64_t stride = moved.constant();
      value.number = widened_steadily(earlier.number, value.number, stride);
      value.linear = now.combined(to_come_, stride);
      moving_.push_back({now, stride});
    } else {
      value.number = is_pointer(value.type) ? far_apart(earlier.number, value.number)
                                            : forgotten(earlier.number, value.number);
      value.linear = {};
    }
    if (!value.linear.known()) name(value);
  }

  enum class Motion : uint8_t { kStill, kSteady, kErratic };

  // How a value moved since the earlier visit. Where that one stood for many rounds already, the
  // value must have moved as it was taken to, and not be one that it gave up on.
  Motion motion_of(const Linear& moved, const Linear& earlier) const {
    if (!moved.is_constant()) return Motion::kErratic;
    const int64_t stride = moved.constant();
    if (how_.earlier_round != kNoSymbol) {
      if (earlier.factor(how_.earlier_round) != stride) return Motion::kErratic;
      for (const Linear::Term& term : earlier) {
        const bool own = how_.symbols.stretch_of(term.symbol) == how_.earlier_stretch;
        if (own && term.symbol != how_.earlier_round) return Motion::kErratic;
      }
    }
    if (stride == 0) return Motion::kStill;
    return round_ != kNoSymbol ? Motion::kSteady : Motion::kErratic;
  }

  // The first time, with room for at least one more round: a threshold that is met already bounds
  // nothing.
  Number widened_steadily(const Number& earlier, const Number& now, int64_t stride) const {
    Number reached = now;
    if (how_.earlier_round == kNoSymbol) {
      reached =
          join(reached, abstract_alu(ebpf::AluOp::kAdd, 64, reached, constant_number(stride)));
    }
    return reduce(widening(earlier, reached, how_.thresholds));
  }

  // What holds of both, or, where numbers grow again and again, of their width.
  Number forgotten(const Number& earlier, const Number& now) const {
    const Number both = join(earlier, now);
    if (how_.grow) return reduce(widening(earlier, both));
    if (!how_.widen || leq(now, earlier)) return both;
    const bool again = how_.force || how_.earlier_round != kNoSymbol;
    if (again) return Number::top();
    std::vector<Bits<64>> thresholds(how_.thresholds.begin(), how_.thresholds.end());
    thresholds.push_back(Bits<64>::of(0xffff'ffff));
    return reduce(widening(earlier, now, std::span<const Bits<64>>(thresholds)));
  }

  // Offsets that grow stay within a packet's length and a little more, or else within reach.
  Number far_apart(const Number& earlier, const Number& now) const {
    constexpr int64_t kPacketReach = 0x1'ffff;
    constexpr int64_t kReach = int64_t{1} << 29;
    const Number both = join(earlier, now);
    if (!how_.widen || leq(now, earlier)) return both;
    const int64_t low = signed_min(both) < 0 ? -kReach : 0;
    const int64_t high = signed_max(both) <= kPacketReach ? kPacketReach : kReach;
    const bool within = signed_min(both) >= -kReach && signed_max(both) <= kReach;
    return within && !how_.force ? signed_range(low, high) : Number::top();
  }

  // A symbol of its own for a value that changes in ways not known.
  void name(Value& value) {
    if (value.type == Type::kNumber) {
      state_.symbolise(value, how_.symbols);
      return;
    }
    if (signed_min(value.number) < 0) return;
    const Symbol symbol = how_.symbols.fresh();
    (void)state_.relations.restrict(symbol, unsigned_min(value.number), unsigned_max(value.number));
    value.linear = Linear::symbol(symbol);
  }

  // A bound that grew by m since the earlier visit is guessed to grow by m in each round.
  void guess(const Linear& form, Int128 now, Int128 then) {
    const Int128 stride = now - then;
    if (!form.known() || stride <= 0 || stride > kMaxStride) return;
    if (now > Linear::kMaxConstant || now < -Int128{Linear::kMaxConstant}) return;
    const Linear bound = form.plus(-static_cast<int64_t>(now));
    // True where no round is to come, so this cannot make the state impossible.
    (void)state_.relations.assume(bound.combined(to_come_, -static_cast<int64_t>(stride)));
  }

  // What moves towards something that stands still is guessed to keep a stride's distance, as after
  // a test at the end of each round, or as much less as there is now.
  void guess_apart(const Moving& moving, const Linear& still, const Relations& now) {
    const bool up = moving.stride > 0;
    const Linear distance = up ? still - moving.form : moving.form - still;
    if (!distance.known()) return;
    const Int128 least = std::min(now.lower(distance), Int128{up ? moving.stride : -moving.stride});
    if (least < 0 || least > kMaxStride) return;
    const Linear later = distance.combined(to_come_, up ? -moving.stride : moving.stride);
    // True where no round is to come, as above.
    (void)state_.relations.assume(later.plus(-static_cast<int64_t>(least)));
  }

  void extrapolate(const Relations& now) {
    const Relations& then = earlier_.relations;
    for (const Relations::Range& range : now.ranges()) {
      if (!then.knows(range.symbol)) continue;
      const Relations::Range old = then.range(range.symbol);
      const Linear symbol = Linear::symbol(range.symbol);
      guess(symbol, range.lo, old.lo);
      guess(symbol.times(-1), -Int128{range.hi}, -Int128{old.hi});
    }
    for (const Linear& inequality : now.inequalities()) {
      const Linear form = inequality.plus(-inequality.constant());
      guess(form, now.lower(form), then.lower(form));
    }
    for (const Moving& moving : moving_) {
      for (const Linear& still : still_) guess_apart(moving, still, now);
    }
    if (how_.earlier_round != kNoSymbol) (void)state_.relations.assume(to_come_);
  }

  State& state_;
  const State& earlier_;
  const Generalisation& how_;
  Symbol round_ = kNoSymbol;
  Linear to_come_;  // rounds from here on
  std::vector<Moving> moving_;
  std::vector<Linear> still_;  // forms of values that did not change
  bool compared_ = true;       // whether the loop may compare with the value being merged
};

}  // namespace

Symbol generalise(State& state, const State& earlier, const Generalisation& how) {
  return Generaliser(state, earlier, how).run();
}

}  // namespace zext::verifier
