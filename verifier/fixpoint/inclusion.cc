#include "verifier/fixpoint/inclusion.h"

#include <algorithm>

namespace zext::verifier {
namespace {

using Role = Roles::Role;

class Witness {
 public:
  Witness(const State& kept, const State& arrived, const Roles& roles)
      : kept_(kept), arrived_(arrived), roles_(roles) {}

  bool found() {
    if (!same_frames() || !compare_values()) return false;
    // Symbols that stand alone first: they say what the others stand for.
    for (const Equation& equation : equations_) bind(equation);
    return std::all_of(equations_.begin(), equations_.end(),
                       [&](const Equation& e) { return translate(e.kept) == e.arrived; }) &&
           ranges_hold() && inequalities_hold();
  }

 private:
  struct Equation {
    Linear kept;
    Linear arrived;
  };
  struct Binding {
    Symbol symbol = 0;
    Linear value;
  };

  bool same_frames() const {
    if (kept_.frames.size() != arrived_.frames.size()) return false;
    for (size_t i = 0; i < kept_.frames.size(); ++i) {
      if (kept_.frames[i].return_pc != arrived_.frames[i].return_pc ||
          kept_.frames[i].entry != arrived_.frames[i].entry) {
        return false;
      }
    }
    return true;
  }

  bool compare_values() {
    for (unsigned reg = 0; reg < ebpf::kFramePointer; ++reg) {
      if (!compare(kept_.registers[reg], arrived_.registers[reg])) return false;
    }
    for (size_t i = 0; i < kept_.frames.size(); ++i) {
      const Frame& kept = kept_.frames[i];
      const Frame& arrived = arrived_.frames[i];
      for (unsigned j = 0; j < kSavedCount; ++j) {
        if (!compare(kept.saved[j], arrived.saved[j])) return false;
      }
      for (const Stack::Slot& slot : kept.stack.slots()) {
        if (!compare_slot(slot, arrived.stack.slot(slot.index))) return false;
      }
    }
    return true;
  }

  bool compare_slot(const Stack::Slot& kept, const Stack::Slot* arrived) {
    if (kept.initialised == 0) return true;
    if (arrived == nullptr || (kept.initialised & ~arrived->initialised) != 0) return false;
    if (kept.bytes == 0) {
      // Bytes that may be read as numbers: no pointer's.
      return arrived->bytes == 0 || !is_pointer(arrived->value.type);
    }
    return kept.bytes == arrived->bytes && kept.first == arrived->first &&
           compare(kept.value, arrived->value);
  }

  bool compare(const Value& kept, const Value& arrived) {
    if (kept.type == Type::kUninitialised) return true;
    if (!kept.same_type(arrived) || !leq(arrived.number, kept.number)) return false;
    if (kept.linear.known()) {
      const Linear form = arrived.form();
      if (!form.known()) return false;
      equations_.push_back({kept.linear, form});
    }
    return true;
  }

  const Binding* binding(Symbol symbol) const {
    for (const Binding& b : bindings_) {
      if (b.symbol == symbol) return &b;
    }
    return nullptr;
  }

  void bind(const Equation& equation) {
    if (equation.kept.size() != 1 || equation.kept.begin()->factor != 1) return;
    const Symbol symbol = equation.kept.begin()->symbol;
    if (roles_.role(symbol) != Role::kFree || binding(symbol) != nullptr) return;
    bindings_.push_back({symbol, equation.arrived.plus(-equation.kept.constant())});
  }

  // The kept state's expression over the arrived state's symbols; unknown if a symbol is unbound.
  Linear translate(const Linear& kept) const {
    Linear result = Linear::constant(kept.constant());
    for (const Linear::Term& term : kept) {
      Linear value = Linear::symbol(term.symbol);
      switch (roles_.role(term.symbol)) {
        case Role::kFixed:
          break;
        case Role::kRound:
          value = value.plus(1);
          break;
        case Role::kFree: {
          const Binding* bound = binding(term.symbol);
          value = bound != nullptr ? bound->value : Linear();
          break;
        }
      }
      result = result.combined(value, term.factor);
    }
    return result;
  }

  bool ranges_hold() const {
    for (const Relations::Range& range : kept_.relations.ranges()) {
      const Linear symbol = Linear::symbol(range.symbol);
      const Linear value = translate(symbol);
      if (!value.known()) return false;
      if (arrived_.relations.lower(value) < range.lo ||
          arrived_.relations.upper(value) > range.hi) {
        return false;
      }
    }
    return true;
  }

  bool inequalities_hold() const {
    for (const Linear& inequality : kept_.relations.inequalities()) {
      if (!arrived_.relations.implies(translate(inequality))) return false;
    }
    return true;
  }

  const State& kept_;
  const State& arrived_;
  const Roles& roles_;
  std::vector<Equation> equations_;
  std::vector<Binding> bindings_;
};

}  // namespace

bool covers(const State& kept, const State& arrived, const Roles& roles) {
  return Witness(kept, arrived, roles).found();
}

bool bounds_rounds(const State& state, Symbol round) {
  bool found = false;
  const Int128 most = state.relations.upper(Linear::symbol(round));
  const bool few = most - state.relations.range(round).lo <= kMaxRounds;
  const_cast<State&>(state).each_value([&](const Value& value) {
    const int64_t stride = value.linear.known() ? value.linear.factor(round) : 0;
    if (stride == 0) return;
    const bool number = value.type == Type::kNumber;
    const Int128 width = number ? Int128{unsigned_max(value.number)} - unsigned_min(value.number)
                                : Int128{signed_max(value.number)} - signed_min(value.number);
    found = found || few || width / (stride < 0 ? -stride : stride) <= kMaxRounds;
  });
  return found;
}

}  // namespace zext::verifier
