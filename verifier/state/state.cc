#include "verifier/state/state.h"

#include <algorithm>

namespace zext::verifier {
namespace {

constexpr Int128 kWordMax = ~uint64_t{0};
constexpr Int128 kSignedMax = std::numeric_limits<int64_t>::max();

// What a value's number says of the symbols of its linear form.
bool inform_symbols(const Value& value, Relations& relations) {
  const Linear& linear = value.linear;
  // Where a pointer may be 0, its form need not hold.
  if (!linear.known() || linear.size() == 0 || value.nullable) return true;
  const bool number = value.type == Type::kNumber;
  if (linear.size() > 1 || linear.begin()->factor != 1) {
    const Int128 least = number ? Int128{unsigned_min(value.number)} : signed_min(value.number);
    const Int128 most = number ? Int128{unsigned_max(value.number)} : signed_max(value.number);
    return relations.bound(linear, least) && relations.bound(linear.times(-1), -most);
  }
  Int128 lo = number ? Int128{unsigned_min(value.number)} : Int128{signed_min(value.number)};
  Int128 hi = number ? Int128{unsigned_max(value.number)} : Int128{signed_max(value.number)};
  lo = std::max(lo - linear.constant(), Int128{0});
  hi = std::min(hi - linear.constant(), kWordMax);
  if (lo > hi) return false;
  return relations.restrict(linear.begin()->symbol, static_cast<uint64_t>(lo),
                            static_cast<uint64_t>(hi));
}

}  // namespace

State State::entry(const Platform& platform) {
  State state;
  state.frames.emplace_back();
  state.frames.back().role = Role::kProgram;
  Relations& relations = state.relations;
  // These cannot fail: each symbol is new.
  (void)relations.restrict(kPacketSize, 0, platform.packet_max);
  (void)relations.restrict(kMetaSizePlusOne, 0, platform.meta_max + 1);
  (void)relations.restrict(kMemorySize, 0, platform.memory_max);
  (void)relations.restrict(kGotoRounds, 0, kMaxGotoRounds);
  state.goto_rounds = Value::of(unsigned_range(0, kMaxGotoRounds));
  state.goto_rounds.linear = Linear::symbol(kGotoRounds);
  switch (platform.entry) {
    case Entry::kContext:
    case Entry::kBtf:
      state.registers[1] = Value::pointer(Type::kContext);
      break;
    case Entry::kMemory:
      state.registers[1] = Value::pointer(Type::kMemory);
      state.registers[2] = Value::of(unsigned_range(0, platform.memory_max));
      state.registers[2].linear = Linear::symbol(kMemorySize);
      break;
  }
  state.registers[ebpf::kFramePointer] = state.frame_pointer();
  return state;
}

void State::symbolise(Value& value, SymbolSource& symbols) {
  if (value.type != Type::kNumber || value.form().known() || is_constant(value.number)) return;
  const Symbol symbol = symbols.fresh();
  // Cannot fail: the symbol is new and the number not bottom.
  (void)relations.restrict(symbol, unsigned_min(value.number), unsigned_max(value.number));
  value.linear = Linear::symbol(symbol);
}

void State::shorten(const Value& value, SymbolSource& symbols) {
  const bool number = value.type == Type::kNumber;
  if (!number && (signed_min(value.number) < 0 || value.nullable)) return;
  const Linear form = value.linear;
  if (!form.known() || form.size() < 2 || symbols.counts_rounds(form)) return;
  const Symbol symbol = symbols.fresh();
  // Cannot fail: the symbol is new and the number not bottom.
  (void)relations.restrict(symbol, unsigned_min(value.number), unsigned_max(value.number));
  relations.define(symbol, form);
  each_value([&](Value& other) {
    if (!other.linear.known() || other.linear.size() < form.size()) return;
    const Linear rest = other.linear - form;
    if (rest.is_constant()) other.linear = Linear::symbol(symbol).plus(rest.constant());
  });
}

void State::restrict_low(const Value& value) {
  Number low = Number::top();
  low.u32 = {Bits<32>::of(unsigned_min(value.number)), Bits<32>::of(unsigned_max(value.number))};
  const Linear symbol = Linear::symbol(value.shifted.symbol);
  each_value([&](Value& other) {
    if (other.type != Type::kNumber || !(other.linear == symbol)) return;
    const Number both = meet(other.number, low);
    if (!is_bottom(both)) other.number = both;
  });
}

bool State::tighten(Value& value) const {
  if (!value.linear.known() || value.linear.is_constant() || value.nullable) return true;
  Int128 lo = relations.lower(value.linear);
  Int128 hi = relations.upper(value.linear);
  if (value.type == Type::kNumber) {
    lo = std::max(lo, Int128{0});
    hi = std::min(hi, kWordMax);
    if (lo > hi) return false;
    value.number =
        meet(value.number, unsigned_range(static_cast<uint64_t>(lo), static_cast<uint64_t>(hi)));
  } else {
    lo = std::max(lo, -kSignedMax);
    hi = std::min(hi, kSignedMax);
    if (lo > hi) return false;
    value.number =
        meet(value.number, signed_range(static_cast<int64_t>(lo), static_cast<int64_t>(hi)));
  }
  return !is_bottom(value.number);
}

bool State::reduce() {
  bool possible = true;
  each_value([&](Value& value) { possible = possible && inform_symbols(value, relations); });
  each_value([&](Value& value) { possible = possible && tighten(value); });
  return possible;
}

void State::forget_dead(uint16_t live) {
  for (unsigned reg = 0; reg < ebpf::kFramePointer; ++reg) {
    if ((live >> reg & 1) == 0) registers[reg] = {};
  }
  std::vector<Symbol> used;
  each_value([&](Value& value) {
    if (!value.linear.known()) return;
    for (const Linear::Term& term : value.linear) used.push_back(term.symbol);
  });
  std::sort(used.begin(), used.end());
  relations.retain([&](Symbol symbol) {
    return symbol < kFirstSymbol || symbol == packet_size || symbol == meta_size_plus_one ||
           std::binary_search(used.begin(), used.end(), symbol);
  });
}

namespace {

bool holds(uint64_t slots, const Stack::Cell& cell) {
  return (slots >> ((Stack::kBytes - 1 - cell.at) / 8) & 1) != 0;
}

// A number of which no more is known than its range.
bool just_named(const Value& value, const SymbolSource& symbols) {
  const Linear& form = value.linear;
  return value.type == Type::kNumber && form.known() && form.size() == 1 &&
         form.begin()->factor == 1 && form.constant() == 0 && !symbols.counts_rounds(form);
}

}  // namespace

void State::forget_dead_slots(uint64_t live) {
  std::erase_if(frames.back().stack.cells(), [&](const Stack::Cell& cell) {
    return !holds(live, cell) && !is_pointer(cell.value.type);
  });
}

bool State::forget_undemanded(uint16_t wanted, uint64_t wanted_slots, const SymbolSource& symbols) {
  std::vector<Symbol> matters;
  const auto keep = [&](const Value& value) {
    if (!value.linear.known()) return;
    for (const Linear::Term& term : value.linear) matters.push_back(term.symbol);
  };
  const auto demanded = [&](Value& value, bool is_wanted) {
    if (!is_wanted && !is_pointer(value.type) && just_named(value, symbols)) value.linear = {};
    keep(value);
  };
  for (unsigned reg = 0; reg < registers.size(); ++reg) {
    demanded(registers[reg], (wanted >> reg & 1) != 0);
  }
  for (Stack::Cell& cell : frames.back().stack.cells()) {
    demanded(cell.value, holds(wanted_slots, cell));
  }
  for (const StackObject& object : stack_objects) keep(object.rounds);
  for (size_t i = 0; i < frames.size(); ++i) {
    for (const Value& value : frames[i].saved) keep(value);
    if (frames[i].role == Role::kCallback) {
      for (const Value& value : frames[i].arguments) keep(value);
    }
    keep(frames[i].rounds);
    if (i + 1 == frames.size()) break;
    for (const Stack::Cell& cell : frames[i].stack.cells()) keep(cell.value);
  }
  std::sort(matters.begin(), matters.end());
  const size_t before = relations.inequalities().size();
  relations.forget_inequalities([&](const Linear& inequality) {
    return std::none_of(inequality.begin(), inequality.end(), [&](const Linear::Term& term) {
      return std::binary_search(matters.begin(), matters.end(), term.symbol);
    });
  });
  return relations.inequalities().size() != before;
}

void State::decide_null(ObjectId object, bool null) {
  if (null) std::erase_if(acquired, [&](const Acquired& a) { return a.object == object; });
  each_value([&](Value& value) {
    if (value.object != object || !value.nullable) return;
    if (null) {
      value = Value::of(constant_number(0));
      return;
    }
    value.nullable = false;
  });
}

void State::invalidate(ObjectId object) {
  each_value([&](Value& value) {
    if (value.object == object || value.reference == object) value = ended;
  });
}

void State::invalidate_packet(const Platform& platform, SymbolSource& symbols) {
  each_value([&](Value& value) {
    const bool packet = value.type == Type::kPacket || value.type == Type::kPacketEnd ||
                        value.type == Type::kPacketMeta;
    if (packet) value = ended;
  });
  end_packet_slices();
  packet_size = symbols.fresh();
  meta_size_plus_one = symbols.fresh();
  // Neither can fail: both are new.
  (void)relations.restrict(packet_size, 0, platform.packet_max);
  (void)relations.restrict(meta_size_plus_one, 0, platform.meta_max + 1);
}

size_t State::size() const {
  size_t values = registers.size() + stack_objects.size() + relations.ranges().size() / 4;
  for (const Frame& frame : frames) values += kSavedCount + frame.stack.cells().size();
  return values + relations.inequalities().size() / 2;
}

RegisterFacts State::facts() const {
  RegisterFacts facts;
  for (unsigned reg = 0; reg < ebpf::kRegisterCount; ++reg) facts[reg] = registers[reg].fact();
  return facts;
}

}  // namespace zext::verifier
