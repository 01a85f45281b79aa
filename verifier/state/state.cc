#include "verifier/state/state.h"

#include <algorithm>

namespace zext::verifier {
namespace {

constexpr Int128 kWordMax = ~uint64_t{0};
constexpr Int128 kSignedMax = std::numeric_limits<int64_t>::max();

// What a value's number says of the symbol, where its linear form is one symbol and a constant.
bool inform_symbol(const Value& value, Relations& relations) {
  const Linear& linear = value.linear;
  if (!linear.known() || linear.size() != 1 || linear.begin()->factor != 1) return true;
  const bool number = value.type == Type::kNumber;
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
  Relations& relations = state.relations;
  // These cannot fail: each symbol is new.
  (void)relations.restrict(kPacketSize, 0, platform.packet_max);
  (void)relations.restrict(kMetaSizePlusOne, 0, platform.meta_max + 1);
  (void)relations.restrict(kMemorySize, 0, platform.memory_max);
  switch (platform.entry) {
    case Entry::kContext:
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

bool State::tighten(Value& value) const {
  if (!value.linear.known() || value.linear.is_constant()) return true;
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
  each_value([&](Value& value) { possible = possible && inform_symbol(value, relations); });
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
    return symbol < kFirstSymbol || std::binary_search(used.begin(), used.end(), symbol);
  });
}

size_t State::size() const {
  size_t values = registers.size() + relations.ranges().size() / 4;
  for (const Frame& frame : frames) values += kSavedCount + frame.stack.slots().size();
  return values + relations.inequalities().size() / 2;
}

RegisterFacts State::facts() const {
  RegisterFacts facts;
  for (unsigned reg = 0; reg < ebpf::kRegisterCount; ++reg) {
    const Value& value = registers[reg];
    facts[reg] = {.type = value.type, .frame = value.frame, .value = value.number};
  }
  return facts;
}

}  // namespace zext::verifier
