#include "verifier/fixpoint/inclusion.h"

#include <algorithm>

namespace zext::verifier {
namespace {

using SymbolRole = Roles::Role;

class Witness {
 public:
  Witness(const State& kept, const State& arrived, const Roles& roles)
      : kept_(kept), arrived_(arrived), roles_(roles) {}

  bool found() {
    if (!same_frames() || !same_holdings() || !compare_values()) return false;
    equations_.push_back({Linear::symbol(kept_.packet_size), Linear::symbol(arrived_.packet_size)});
    equations_.push_back(
        {Linear::symbol(kept_.meta_size_plus_one), Linear::symbol(arrived_.meta_size_plus_one)});
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
          kept_.frames[i].entry != arrived_.frames[i].entry ||
          kept_.frames[i].role != arrived_.frames[i].role) {
        return false;
      }
    }
    return true;
  }

  // What is held counts exactly: as much of it, from the same calls.
  bool same_holdings() {
    if (kept_.lock.held != arrived_.lock.held || kept_.lock.map != arrived_.lock.map ||
        kept_.acquired.size() != arrived_.acquired.size() ||
        kept_.stack_objects.size() != arrived_.stack_objects.size()) {
      return false;
    }
    for (size_t i = 0; i < kept_.stack_objects.size(); ++i) {
      const StackObject& kept = kept_.stack_objects[i];
      const StackObject& arrived = arrived_.stack_objects[i];
      if (!kept.alike(arrived) || !stands_for(kept.object, arrived.object) ||
          !stands_for(kept.parent, arrived.parent) ||
          !stands_for(kept.reference, arrived.reference)) {
        return false;
      }
    }
    if (kept_.lock.held && !stands_for(kept_.lock.object, arrived_.lock.object)) return false;
    for (size_t i = 0; i < kept_.acquired.size(); ++i) {
      const Acquired& kept = kept_.acquired[i];
      const Acquired& arrived = arrived_.acquired[i];
      if (kept.pc != arrived.pc || kept.frame != arrived.frame ||
          !stands_for(kept.object, arrived.object)) {
        return false;
      }
    }
    return true;
  }

  // One object of the arrived state for each of the kept one.
  bool stands_for(ObjectId kept, ObjectId arrived) {
    if (kept == kNoObject) return true;
    for (const auto& [from, to] : objects_) {
      if (from == kept) return to == arrived;
    }
    objects_.emplace_back(kept, arrived);
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
      if (kept.role == Role::kCallback) {
        for (unsigned j = 0; j < kArgumentCount; ++j) {
          if (!compare(kept.arguments[j], arrived.arguments[j])) return false;
        }
      }
      if (!compare(kept.rounds, arrived.rounds) || !compare_stack(kept.stack, arrived.stack)) {
        return false;
      }
    }
    for (size_t i = 0; i < kept_.stack_objects.size(); ++i) {
      if (!compare(kept_.stack_objects[i].rounds, arrived_.stack_objects[i].rounds)) return false;
    }
    return compare(kept_.goto_rounds, arrived_.goto_rounds);
  }

  bool compare_stack(const Stack& kept, const Stack& arrived) {
    for (size_t i = 0; i < kept.written().size(); ++i) {
      if ((kept.written()[i] & ~arrived.written()[i]) != 0) return false;
    }
    for (const Stack::Cell& cell : kept.cells()) {
      if (!compare(cell.value, arrived.load(cell.at, cell.bytes))) return false;
    }
    // Bytes that may be read as numbers: no pointer's.
    return std::all_of(
        arrived.cells().begin(), arrived.cells().end(), [&](const Stack::Cell& cell) {
          if (!is_pointer(cell.value.type) || kept.cell(cell.at, cell.bytes) != nullptr)
            return true;
          return !any_written(kept, cell.at, cell.bytes);
        });
  }

  static bool any_written(const Stack& stack, uint32_t at, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; ++i) {
      if (stack.initialised(at + i, 1)) return true;
    }
    return false;
  }

  bool compare(const Value& kept, const Value& arrived) {
    if (kept.type == Type::kUninitialised) return true;
    if (is_pointer(kept.type) && kept.nullable && arrived.is_zero()) {
      return stands_for(kept.object, kNullObject);
    }
    // What ends must be known to end.
    if ((kept.reference == kNoObject) != (arrived.reference == kNoObject)) return false;
    if (!kept.same_type(arrived) || (arrived.nullable && !kept.nullable) ||
        !leq(arrived.number, kept.number) || !stands_for(kept.object, arrived.object) ||
        !stands_for(kept.reference, arrived.reference)) {
      return false;
    }
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
    if (roles_.role(symbol) != SymbolRole::kFree || binding(symbol) != nullptr) return;
    bindings_.push_back({symbol, equation.arrived.plus(-equation.kept.constant())});
  }

  // The kept state's expression over the arrived state's symbols; unknown if a symbol is unbound.
  Linear translate(const Linear& kept) const {
    Linear result = Linear::constant(kept.constant());
    for (const Linear::Term& term : kept) {
      Linear value = Linear::symbol(term.symbol);
      switch (roles_.role(term.symbol)) {
        case SymbolRole::kFixed:
          break;
        case SymbolRole::kRound:
          value = value.plus(1);
          break;
        case SymbolRole::kFree: {
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
  std::vector<std::pair<ObjectId, ObjectId>> objects_;
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
