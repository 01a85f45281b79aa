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
    rename_sizes();
    match_holdings();
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
    for (size_t i = 0; i < alike_objects(); ++i) {
      merge(state_.stack_objects[i].rounds, earlier_.stack_objects[i].rounds);
    }
    merge(state_.goto_rounds, earlier_.goto_rounds);
    keep_templates(before);
    if (round_ != kNoSymbol) extrapolate(before);
    return round_;
  }

 private:
  // A value whose form changed in ways not known: its new form, and those it had.
  struct Renamed {
    Type type = Type::kNumber;
    Linear name;
    Linear now;
    Linear then;
  };

  // The form of a value that moves by `stride` in each round.
  struct Moving {
    Linear form;
    int64_t stride = 0;
  };

  // The round symbol is fresh and starts at the earlier one, or at 0.
  void start_rounds() {
    round_ = how_.symbols.fresh_round();
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

  // Sizes of a packet that has changed since are the state's own, so that others may stand for
  // them.
  void rename_sizes() {
    if (state_.packet_size == earlier_.packet_size) return;
    rename(state_.packet_size);
    rename(state_.meta_size_plus_one);
  }

  void rename(Symbol& symbol) {
    const Linear fresh = Linear::symbol(how_.symbols.fresh());
    state_.each_value([&](Value& value) {
      if (value.linear.known()) value.linear = value.linear.substituted(symbol, fresh);
    });
    state_.relations = state_.relations.renamed(symbol, fresh.begin()->symbol);
    symbol = fresh.begin()->symbol;
  }

  // What is acquired, and the lock, are the same things in both.
  void match_holdings() {
    for (size_t i = 0; i < std::min(state_.acquired.size(), earlier_.acquired.size()); ++i) {
      objects_.push_back(
          {state_.acquired[i].object, earlier_.acquired[i].object, state_.acquired[i].object});
    }
    for (size_t i = 0; i < alike_objects(); ++i) {
      const StackObject& now = state_.stack_objects[i];
      const StackObject& then = earlier_.stack_objects[i];
      objects_.push_back({now.object, then.object, now.object});
    }
    if (state_.lock.held) {
      objects_.push_back({state_.lock.object, earlier_.lock.object, state_.lock.object});
    }
  }

  // Objects on the stack that both states have, from the first on.
  size_t alike_objects() const {
    const size_t most = std::min(state_.stack_objects.size(), earlier_.stack_objects.size());
    size_t count = 0;
    while (count < most && state_.stack_objects[count].alike(earlier_.stack_objects[count]))
      ++count;
    return count;
  }

  // One object for each pair, so that what depended on one in both states still does.
  ObjectId merged(ObjectId now, ObjectId then) {
    if (now == kNoObject && then == kNoObject) return kNoObject;
    bool taken = false;
    for (const Pair& pair : objects_) {
      if (pair.now == now && pair.then == then) return pair.both;
      taken = taken || pair.both == now;
    }
    const ObjectId both = taken || now == kNoObject ? how_.symbols.fresh_object() : now;
    objects_.push_back({now, then, both});
    return both;
  }

  void merge(Frame& frame, const Frame& earlier) {
    for (unsigned i = 0; i < kSavedCount; ++i) merge(frame.saved[i], earlier.saved[i]);
    if (frame.role == Role::kCallback) {
      for (unsigned i = 0; i < kArgumentCount; ++i) merge(frame.arguments[i], earlier.arguments[i]);
    }
    merge(frame.rounds, earlier.rounds);
    merge(frame.stack, earlier.stack);
  }

  void merge(Stack& stack, const Stack& earlier) {
    // In a loop more may be known than at its first round; at a join nothing is gained by it.
    const bool may_stay = how_.widen && !how_.force;
    std::vector<Stack::Cell> kept;
    for (Stack::Cell& cell : stack.cells()) {
      const bool there = earlier.initialised(cell.at, cell.bytes);
      if (!there) {
        if (may_stay) kept.push_back(cell);
        continue;
      }
      merge(cell.value, earlier.load(cell.at, cell.bytes));
      if (cell.value.type != Type::kUninitialised) kept.push_back(cell);
    }
    // What holds an address in one of them, and is no cell of both, must not be read.
    Stack::Mask mask = stack.written();
    if (!may_stay) {
      for (size_t i = 0; i < mask.size(); ++i) mask[i] &= earlier.written()[i];
    }
    const auto forbid = [&](const std::vector<Stack::Cell>& cells) {
      for (const Stack::Cell& cell : cells) {
        if (!is_pointer(cell.value.type)) continue;
        const bool stays = std::any_of(kept.begin(), kept.end(), [&](const Stack::Cell& k) {
          return k.at == cell.at && k.bytes == cell.bytes;
        });
        if (stays) continue;
        for (uint32_t i = cell.at; i < uint32_t{cell.at} + cell.bytes; ++i) {
          mask[i / 64] &= ~(uint64_t{1} << (i % 64));
        }
      }
    };
    forbid(stack.cells());
    forbid(earlier.cells());
    stack.cells() = std::move(kept);
    stack.restrict(mask);
  }

  void merge(Value& value, const Value& earlier) {
    if (value.type == Type::kUninitialised) return;
    // What is held is there in one of them, and not in the other.
    const bool held = value.reference != kNoObject || earlier.reference != kNoObject;
    if (held && (value.is_zero() || earlier.is_zero())) return;
    if (is_pointer(value.type) && earlier.is_zero()) {
      value.nullable = true;
      value.linear = {};
      value.object = merged(value.object, kNullObject);
      if (value.object == kNoObject) value.object = how_.symbols.fresh_object();
      return;
    }
    if (value.is_zero() && is_pointer(earlier.type)) {
      value = earlier;
      value.nullable = true;
      value.object = how_.symbols.fresh_object();
      value.linear = {};
      return;
    }
    if (!value.same_type(earlier)) {
      const bool keep = earlier.type == Type::kUninitialised && how_.widen && !how_.force;
      if (!keep) value = {};
      return;
    }
    if (is_pointer(value.type)) {
      value.nullable = value.nullable || earlier.nullable;
      value.object = merged(value.object, earlier.object);
      // The reference stays this state's: under a new name, nothing would end it.
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
    if (value.linear.known()) return;
    name(value);
    const bool related = is_pointer(value.type) && !how_.widen;
    if (related && value.linear.known() && now.known() && earlier.form().known()) {
      renamed_.push_back({value.type, value.linear, now, earlier.form()});
    }
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
    if (signed_min(value.number) < 0 || value.nullable) return;
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

  // At a join, what inequalities said of a pointer that got a new name, they say of the name, with
  // as much room as both states need.
  void keep_templates(const Relations& now) {
    for (const Renamed& renamed : renamed_) {
      for (const Linear& inequality : now.inequalities()) {
        keep_template(inequality, renamed.now, renamed, now);
      }
      for (const Linear& inequality : earlier_.relations.inequalities()) {
        keep_template(inequality, renamed.then, renamed, now);
      }
      if (renamed.type == Type::kPacket) keep_room(state_.packet_size, renamed, now);
      if (renamed.type == Type::kMemory) keep_room(kMemorySize, renamed, now);
    }
  }

  // How many bytes are known to be there behind a pointer.
  void keep_room(Symbol size, const Renamed& renamed, const Relations& now) {
    const Linear in_now = Linear::symbol(size) - renamed.now;
    const Linear in_then = Linear::symbol(size) - renamed.then;
    if (!in_now.known() || !in_then.known()) return;
    const Int128 least = std::min(now.lower(in_now), earlier_.relations.lower(in_then));
    if (least < -kMaxStride || least > kMaxStride) return;
    (void)state_.relations.assume(
        (Linear::symbol(size) - renamed.name).plus(-static_cast<int64_t>(least)));
  }

  void keep_template(const Linear& inequality, const Linear& form, const Renamed& renamed,
                     const Relations& now) {
    if (form.size() == 0) return;
    const Linear::Term& first = *form.begin();
    const int64_t factor = inequality.factor(first.symbol);
    if (factor == 0 || factor % first.factor != 0) return;
    const int64_t times = factor / first.factor;
    const Linear rest = inequality.combined(form, -times);
    if (!rest.known() || rest.size() + form.size() > inequality.size()) return;
    const Linear in_now = rest.combined(renamed.now, times);
    const Linear in_then = rest.combined(renamed.then, times);
    if (!in_now.known() || !in_then.known()) return;
    const Int128 least =
        std::min({now.lower(in_now), earlier_.relations.lower(in_then), Int128{0}});
    if (least < -kMaxStride) return;
    // True in this state, where the name stands for the form.
    (void)state_.relations.assume(
        rest.combined(renamed.name, times).plus(-static_cast<int64_t>(least)));
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

  struct Pair {
    ObjectId now = kNoObject;
    ObjectId then = kNoObject;
    ObjectId both = kNoObject;
  };

  State& state_;
  const State& earlier_;
  const Generalisation& how_;
  std::vector<Pair> objects_;
  std::vector<Renamed> renamed_;
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
