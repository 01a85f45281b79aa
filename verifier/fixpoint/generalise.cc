#include "verifier/fixpoint/generalise.h"

#include "verifier/fixpoint/inclusion.h"

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
      round_ = how_.symbols.fresh();
      // Cannot fail: the symbol is new.
      (void)state_.relations.restrict(round_, 0, ~uint64_t{0});
    }
    const Relations before = state_.relations;
    for (unsigned reg = 0; reg < ebpf::kFramePointer; ++reg) {
      merge(state_.registers[reg], earlier_.registers[reg]);
    }
    for (size_t i = 0; i < state_.frames.size(); ++i) {
      merge(state_.frames[i], earlier_.frames[i]);
    }
    if (round_ != kNoSymbol) extrapolate(before);
    return round_;
  }

 private:
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
    if (moved.is_constant() && moved.constant() == 0) return;
    if (how_.force) {
      value.number = Number::top();
    } else if (how_.widen) {
      value.number = reduce(widening(earlier.number, value.number, how_.thresholds));
    } else {
      value.number = join(earlier.number, value.number);
    }
    value.linear = {};
    if (moved.is_constant() && round_ != kNoSymbol) {
      value.linear = now.combined(Linear::symbol(round_), moved.constant());
    }
    if (!value.linear.known()) name(value);
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
    // True where the round symbol is 0, so this cannot make the state impossible.
    (void)state_.relations.assume(
        bound.combined(Linear::symbol(round_), -static_cast<int64_t>(stride)));
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
  }

  State& state_;
  const State& earlier_;
  const Generalisation& how_;
  Symbol round_ = kNoSymbol;
};

}  // namespace

Symbol generalise(State& state, const State& earlier, const Generalisation& how) {
  return Generaliser(state, earlier, how).run();
}

}  // namespace zext::verifier
