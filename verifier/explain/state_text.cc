#include "verifier/explain/state_text.h"

#include <fmt/format.h>

#include <limits>

#include "verifier/state/number.h"

namespace zext::verifier {
namespace {

std::string symbol_text(Symbol symbol) {
  switch (symbol) {
    case kPacketSize:
      return "packet_size";
    case kMetaSizePlusOne:
      return "meta_size_plus_one";
    case kMemorySize:
      return "buffer_size";
    case kGotoRounds:
      return "goto_rounds";
    default:
      return fmt::format("s{}", symbol);
  }
}

// "2*s4 + s7 - 14"
std::string linear_text(const Linear& linear) {
  std::string text;
  for (const Linear::Term& term : linear) {
    const int64_t factor = term.factor;
    if (text.empty()) {
      if (factor < 0) text += '-';
    } else {
      text += factor < 0 ? " - " : " + ";
    }
    const uint64_t size =
        factor < 0 ? -static_cast<uint64_t>(factor) : static_cast<uint64_t>(factor);
    if (size != 1) text += fmt::format("{}*", size);
    text += symbol_text(term.symbol);
  }
  const int64_t constant = linear.constant();
  if (text.empty()) return fmt::format("{}", constant);
  if (constant > 0) text += fmt::format(" + {}", constant);
  if (constant < 0) text += fmt::format(" - {}", -static_cast<uint64_t>(constant));
  return text;
}

void add(std::string& list, const std::string& item) {
  if (!list.empty()) list += ",";
  list += item;
}

// What is known of a number beyond nothing: "umin=1,umax=255,var_off=(0x1; 0xfe)".
std::string bounds_text(const Number& number) {
  std::string text;
  const uint64_t umin = unsigned_min(number);
  const uint64_t umax = unsigned_max(number);
  const bool same_sign = umax <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (!same_sign) {
    if (signed_min(number) != std::numeric_limits<int64_t>::min()) {
      add(text, fmt::format("smin={}", signed_min(number)));
    }
    if (signed_max(number) != std::numeric_limits<int64_t>::max()) {
      add(text, fmt::format("smax={}", signed_max(number)));
    }
  }
  if (umin != 0) add(text, fmt::format("umin={}", umin));
  if (umax != ~uint64_t{0}) add(text, fmt::format("umax={}", umax));
  // What the greatest number says of the bits above it need not be said again.
  const uint64_t above = umax == 0 ? 0 : ~uint64_t{0} >> __builtin_clzll(umax);
  if (unknown_bits(number) != above || known_ones(number) != 0) {
    add(text, fmt::format("var_off=({:#x}; {:#x})", known_ones(number), unknown_bits(number)));
  }
  return text;
}

std::string number_text(const Number& number) {
  if (is_constant(number)) {
    const int64_t value = signed_min(number);
    return value > -4096 && value < 0 ? fmt::format("{}", value)
                                      : fmt::format("{}", unsigned_min(number));
  }
  return fmt::format("scalar({})", bounds_text(number));
}

std::string name_of(const Map* map) {
  return map == nullptr || map->name[0] == 0 ? "" : fmt::format("map={}", map->name);
}

struct Words {
  std::string type;
  std::string detail;
};

Words words_of(const Subject& subject, const Value& value, size_t top) {
  switch (value.type) {
    case Type::kUninitialised:
      return {"?", ""};
    case Type::kNumber:
      return {"scalar", ""};
    case Type::kContext:
      return {"ctx", ""};
    case Type::kPacket:
      return {"pkt", ""};
    case Type::kPacketEnd:
      return {"pkt_end", ""};
    case Type::kPacketMeta:
      return {"pkt_meta", ""};
    case Type::kStack:
      return {value.frame == top ? "fp" : fmt::format("fp[{}]", value.frame), ""};
    case Type::kMemory:
      return {"buffer", ""};
    case Type::kMap:
      return {"map_ptr", name_of(value.map)};
    case Type::kMapKey:
      return {"map_key", name_of(value.map)};
    case Type::kMapValue:
      return {"map_value", name_of(value.map)};
    case Type::kRegion:
      return {"mem", fmt::format("sz={}", value.detail)};
    case Type::kStructure: {
      const char* name = subject.platform.structure(value.structure).name;
      return {name == nullptr ? "struct" : name, ""};
    }
    case Type::kObject: {
      const TypeInfo* type = subject.types[value.detail];
      return {fmt::format("ptr_{}", type == nullptr ? "object" : type->name), ""};
    }
    case Type::kPerCpu:
      return {"percpu", ""};
    case Type::kTracepointBuffer:
      return {"tp_buffer", ""};
    case Type::kFunction:
      return {"func", fmt::format("at={}", value.detail)};
  }
  return {};
}

std::string pointer_text(const Subject& subject, const Value& value, size_t top) {
  auto [type, detail] = words_of(subject, value, top);
  const int64_t low = signed_min(value.number);
  const int64_t high = signed_max(value.number);
  if (value.type == Type::kStack && low == high) {
    return low == 0 ? fmt::format("{}0", type) : fmt::format("{}{:+}", type, low);
  }
  if (value.nullable) type += "_or_null";
  // Objects that every program has need no number.
  constexpr ObjectId kFixed = ObjectId{1} << 31;
  if (value.object != kNoObject && value.object < kFixed)
    add(detail, fmt::format("id={}", value.object));
  const bool moved = (low != 0 || high != 0) && value.type != Type::kPacketEnd;
  if (moved) {
    add(detail, low == high ? fmt::format("off={}", low) : fmt::format("off={}..{}", low, high));
  }
  if (value.read_only) add(detail, "rdonly");
  return fmt::format("{}({})", type, detail);
}

std::string value_text(const Subject& subject, const Value& value, size_t top, bool forms) {
  if (value.type == Type::kUninitialised) return "?";
  std::string text =
      value.type == Type::kNumber ? number_text(value.number) : pointer_text(subject, value, top);
  const bool named = value.linear.known() && !value.linear.is_constant();
  if (forms && named) text += fmt::format("<{}>", linear_text(value.linear));
  return text;
}

std::string cell_name(size_t frame, size_t frames, uint32_t at) {
  const int64_t offset = int64_t{at} - int64_t{Stack::kBytes};
  return frame + 1 == frames ? fmt::format("fp{}", offset) : fmt::format("fp[{}]{}", frame, offset);
}

// Eight bytes, the lowest first: m for one that was written, ? for one that was not.
std::string slot_text(const Stack& stack, uint32_t at) {
  std::string text;
  for (uint32_t i = 0; i < 8; ++i) text += stack.initialised(at + i, 1) ? 'm' : '?';
  return text;
}

bool has_cell(const Stack& stack, uint32_t at) {
  for (const Stack::Cell& cell : stack.cells()) {
    if (cell.at < at + 8 && at < uint32_t{cell.at} + cell.bytes) return true;
  }
  return false;
}

void stack_text(const Subject& subject, const State& state, size_t frame, const Stack* before,
                bool forms, std::string& text) {
  const Stack& stack = state.frames[frame].stack;
  const size_t frames = state.frames.size();
  for (const Stack::Cell& cell : stack.cells()) {
    const std::string value = value_text(subject, cell.value, frames - 1, forms);
    const Stack::Cell* old = before == nullptr ? nullptr : before->cell(cell.at, cell.bytes);
    if (old != nullptr && value_text(subject, old->value, frames - 1, forms) == value) continue;
    const std::string bytes = cell.bytes == 8 ? "" : fmt::format("[{}]", cell.bytes);
    text += fmt::format(" {}{}={}", cell_name(frame, frames, cell.at), bytes, value);
  }
  for (uint32_t at = 0; at < Stack::kBytes; at += 8) {
    const std::string slot = slot_text(stack, at);
    if (slot == "????????" || has_cell(stack, at)) continue;
    if (before != nullptr && slot_text(*before, at) == slot && !has_cell(*before, at)) continue;
    text += fmt::format(" {}={}", cell_name(frame, frames, at), slot);
  }
}

std::string references_text(const State& state) {
  std::string text = " refs=";
  for (size_t i = 0; i < state.acquired.size(); ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ",", state.acquired[i].pc);
  }
  return text;
}

std::string lock_text(const State& state) {
  return state.lock.held ? fmt::format(" lock={}", state.lock.pc) : " lock=";
}

std::string text_of(const Subject& subject, const State* before, const State& after, bool forms) {
  const bool same_frame = before != nullptr && before->frames.size() == after.frames.size();
  if (!same_frame) before = nullptr;
  const size_t top = after.frames.size() - 1;
  std::string text;
  for (size_t reg = 0; reg < ebpf::kRegisterCount; ++reg) {
    const Value& value = after.registers[reg];
    if (value.type == Type::kUninitialised) continue;
    const std::string now = value_text(subject, value, top, forms);
    if (before != nullptr && value_text(subject, before->registers[reg], top, forms) == now)
      continue;
    text += fmt::format(" R{}={}", reg, now);
  }
  for (size_t frame = 0; frame < after.frames.size(); ++frame) {
    stack_text(subject, after, frame, before == nullptr ? nullptr : &before->frames[frame].stack,
               forms, text);
  }
  const bool references =
      before == nullptr ? !after.acquired.empty() : before->acquired != after.acquired;
  if (references) text += references_text(after);
  const bool lock = before == nullptr ? after.lock.held : before->lock.held != after.lock.held;
  if (lock) text += lock_text(after);
  return text.empty() ? "" : text.substr(1);
}

}  // namespace

std::string state_text(const Subject& subject, const State& state, bool forms) {
  return text_of(subject, nullptr, state, forms);
}

std::string changes_text(const Subject& subject, const State& before, const State& after,
                         bool forms) {
  return text_of(subject, &before, after, forms);
}

std::vector<std::string> relation_texts(const State& state) {
  std::vector<std::string> texts;
  for (const Relations::Range& range : state.relations.ranges()) {
    if (range.symbol < kFirstSymbol && range.hi == 0) continue;  // there is none
    texts.push_back(fmt::format("{} in {}..{}", symbol_text(range.symbol), range.lo, range.hi));
  }
  for (const Linear& inequality : state.relations.inequalities()) {
    const Linear sum = inequality.plus(-inequality.constant());
    texts.push_back(fmt::format("{} >= {}", linear_text(sum), -inequality.constant()));
  }
  return texts;
}

}  // namespace zext::verifier
