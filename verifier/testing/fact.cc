#include "verifier/testing/fact.h"

#include <algorithm>
#include <sstream>

#include "verifier/testing/number_text.h"
#include "verifier/testing/value_text.h"

namespace zext::verifier {
namespace {

constexpr uint32_t kFrameBytes = Stack::kBytes;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// "r7"; none for anything else.
std::optional<ebpf::Reg> reg_of(const std::string& text) {
  if (text.size() < 2 || text.size() > 3 || text[0] != 'r') return {};
  if (text.find_first_not_of("0123456789", 1) != std::string::npos) return {};
  const int number = std::stoi(text.substr(1));
  if (number >= static_cast<int>(ebpf::kRegisterCount)) return {};
  return static_cast<ebpf::Reg>(number);
}

const NamedTrust* trust_named(const std::string& word) {
  for (const NamedTrust& named : kNamedTrusts) {
    if (word == named.name) return &named;
  }
  return nullptr;
}

Value packet_end(const Prepared& program, const State& state) {
  Value end = Value::pointer(Type::kPacketEnd);
  end.number = unsigned_range(0, program.platform->packet_max);
  end.linear = Linear::symbol(state.packet_size);
  return end;
}

}  // namespace

State FactReader::empty() const {
  State state = State::entry(*program_.platform);
  for (ebpf::Reg reg = 0; reg < ebpf::kFramePointer; ++reg) state.registers[reg] = {};
  state.frames.back().rounds = Value::of(constant_number(0));
  return state;
}

std::string FactReader::add(const std::string& facts, State& state) {
  for (const std::string& fact : parts_of(facts, ";")) {
    if (std::string wrong = add_one(fact, state); !wrong.empty()) return wrong;
  }
  return "";
}

std::string FactReader::add_one(const std::string& fact, State& state) {
  if (const std::vector<Linear> facts = relation(fact, state); !facts.empty()) {
    for (const Linear& each : facts) {
      if (!each.known() || !state.relations.assume(each)) return "cannot hold: " + fact;
    }
    return state.reduce() ? "" : "cannot hold: " + fact;
  }
  const size_t equals = fact.find(" = ");
  if (equals == std::string::npos) {
    const std::string frame = set_frame(fact, state);
    return frame == "none" ? set_resources(fact, state) : frame;
  }
  const std::string left = fact.substr(0, equals);
  const std::string right = fact.substr(equals + 3);
  if (left.find("stack[") != std::string::npos) return set_stack(left, right, state);
  return set_registers(left, right, state);
}

std::string FactReader::set_registers(const std::string& registers, const std::string& text,
                                      State& state) {
  const std::vector<std::string> ends = parts_of(registers, "..");
  const auto first = reg_of(ends.front());
  const auto last = reg_of(ends.back());
  if (!first || !last) return "no register: " + registers;
  for (unsigned reg = *first; reg <= *last; ++reg) {
    Value result;
    if (std::string wrong = value(text, state, result); !wrong.empty()) return wrong;
    state.registers[reg] = result;
  }
  return "";
}

// "stack[-8..-1]", "caller stack[-4..-1]"
std::string FactReader::set_stack(const std::string& place, const std::string& text, State& state) {
  const bool caller = place.starts_with("caller ");
  const size_t open = place.find('[');
  const std::vector<std::string> ends =
      parts_of(place.substr(open + 1, place.find(']') - open - 1), "..");
  if (ends.size() != 2 || (caller && state.frames.size() < 2)) return "no such place: " + place;
  const auto low = integer_of(ends[0]);
  const auto high = integer_of(ends[1]);
  if (!low || !high || *low < -Int128{kFrameBytes} || *high >= 0 || *low > *high) {
    return "no such place: " + place;
  }
  Stack& stack = state.frames[state.frames.size() - (caller ? 2 : 1)].stack;
  const auto at = static_cast<uint32_t>(*low + kFrameBytes);
  const auto bytes = static_cast<uint32_t>(*high - *low + 1);
  if (text == "written") {
    stack.fill(at, bytes);
  } else if (text == "unwritten") {
    stack.invalidate(at, bytes);
  } else {
    if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) return "no such cell: " + place;
    Value stored;
    if (std::string wrong = value(text, state, stored); !wrong.empty()) return wrong;
    stack.store(at, bytes, stored);
  }
  return "";
}

std::string FactReader::set_frame(const std::string& fact, State& state) {
  static const std::map<std::string, Role> kRoles = {{"callee", Role::kCallee},
                                                     {"callback", Role::kCallback},
                                                     {"deferred", Role::kDeferred},
                                                     {"global", Role::kGlobal}};
  if (fact == "returned") {
    if (state.frames.size() < 2) return "there is no caller";
    for (unsigned reg = 1; reg < kFirstSaved; ++reg) state.registers[reg] = {};
    if (state.frames.back().role == Role::kCallback) {
      state.registers[0] = {};
      for (unsigned i = 0; i < kArgumentCount; ++i) {
        state.registers[i + 1] = state.frames.back().arguments[i];
      }
    }
    for (unsigned i = 0; i < kSavedCount; ++i) {
      state.registers[kFirstSaved + i] = state.frames.back().saved[i];
    }
    state.frames.pop_back();
    state.registers[ebpf::kFramePointer] = state.frame_pointer();
    return "";
  }
  const auto role = kRoles.find(fact);
  if (role == kRoles.end()) return "none";
  if (role->second == Role::kDeferred || role->second == Role::kGlobal) {
    state.frames.back().role = role->second;
    if (!program_.functions.empty()) state.frames.back().entry = program_.functions[0].entry;
    return "";
  }
  Frame frame;
  frame.role = role->second;
  frame.rounds = Value::of(constant_number(0));
  for (unsigned i = 0; i < kSavedCount; ++i) {
    frame.saved[i] = state.registers[kFirstSaved + i];
    state.registers[kFirstSaved + i] = {};
  }
  for (unsigned i = 0; i < kArgumentCount; ++i) frame.arguments[i] = state.registers[i + 1];
  state.registers[0] = {};
  if (role->second == Role::kCallback) {
    for (unsigned i = 0; i < kArgumentCount; ++i) state.registers[i + 1] = {};
  }
  state.frames.push_back(frame);
  state.registers[ebpf::kFramePointer] = state.frame_pointer();
  return "";
}

std::string FactReader::set_resources(const std::string& fact, State& state) {
  const std::vector<std::string> words = words_of(fact);
  if (fact == "holds nothing") {
    state.acquired.clear();
  } else if (words.size() == 2 && words[0] == "holds") {
    state.acquired.push_back({.object = object(words[1]),
                              .pc = 0,
                              .frame = static_cast<uint8_t>(state.frames.size() - 1)});
  } else if (fact == "no lock") {
    state.lock = {};
  } else if (words.size() == 4 && words[0] == "lock" && words[2] == "of") {
    state.lock = {.held = true, .object = object(words[1]), .map = map(words[3]), .pc = 0};
  } else if (words.size() == 3 && words[0] == "may_goto" && words[1] == "rounds") {
    const auto rounds = number_of(words[2]);
    if (!rounds) return "no number: " + words[2];
    state.goto_rounds = Value::of(*rounds);
    (void)form_of(state.goto_rounds, state);
  } else if (words.size() == 2 && words[0] == "round") {
    const auto round = number_of(words[1]);
    if (!round) return "no number: " + words[1];
    state.frames.back().rounds = Value::of(*round);
  } else {
    return "no such fact: " + fact;
  }
  return "";
}

const Map* FactReader::map(const std::string& name) const {
  for (const Map& map : program_.maps) {
    if (map.name == name) return &map;
  }
  return nullptr;
}

ObjectId FactReader::object(const std::string& name) {
  ObjectId& id = objects_[name];
  if (id == kNoObject) id = symbols_.fresh_object();
  return id;
}

std::string FactReader::value(const std::string& text, State& state, Value& result) {
  if (text == "?") {
    result = {};
    return "";
  }
  if (reg_of(text.substr(0, text.find(' ')))) return copy(text, state, result);
  if (const auto number = number_of(text)) {
    if (is_bottom(*number)) return "there is no such number: " + text;
    result = Value::of(*number);
    return "";
  }
  return pointer(text, state, result);
}

// "r1", "r1 + 4", "r1 - 4"
std::string FactReader::copy(const std::string& text, State& state, Value& result) {
  const std::vector<std::string> words = words_of(text);
  if (words.size() != 1 && words.size() != 3) return "no value: " + text;
  Value& original = state.registers[*reg_of(words[0])];
  if (original.type == Type::kUninitialised) return words[0] + " is not written: " + text;
  const Linear form = original.type == Type::kNumber ? form_of(original, state) : original.form();
  result = original;
  if (words.size() == 1) return "";
  const auto distance = integer_of(words[2]);
  if (!distance || (words[1] != "+" && words[1] != "-")) return "no value: " + text;
  const auto by = static_cast<int64_t>(words[1] == "+" ? *distance : -*distance);
  result.number = abstract_alu(ebpf::AluOp::kAdd, 64, original.number, constant_number(by));
  result.linear = form.plus(by);
  return state.tighten(result) ? "" : "there is no such number: " + text;
}

// The first words: which region. `used`: how many.
bool FactReader::region(const std::vector<std::string>& words, size_t& used, State& state,
                        Value& result) {
  const std::string first = words[0];
  const std::string second = words.size() > 1 ? words[1] : "";
  const auto is = [&](const char* a, const char* b) { return first == a && second == b; };
  static const std::map<std::string, Type> kPlain = {{"context", Type::kContext},
                                                     {"packet", Type::kPacket},
                                                     {"meta", Type::kPacketMeta},
                                                     {"stack", Type::kStack},
                                                     {"buffer", Type::kMemory}};
  used = 2;
  if (is("packet", "end")) {
    result = packet_end(program_, state);
  } else if (is("caller", "stack") && state.frames.size() > 1) {
    result = Value::pointer(Type::kStack, static_cast<uint8_t>(state.frames.size() - 2));
  } else if (is("tracepoint", "buffer")) {
    result = Value::pointer(Type::kTracepointBuffer);
  } else if (is("value", "of") || is("key", "of") || is("region", "of")) {
    used = 3;
    if (words.size() < 3) return false;
    if (first == "region") {
      const auto bytes = integer_of(words[2]);
      if (!bytes) return false;
      result = Value::region(static_cast<uint32_t>(*bytes), false);
    } else {
      if (map(words[2]) == nullptr) return false;
      result = Value::of_map(first == "key" ? Type::kMapKey : Type::kMapValue, *map(words[2]));
    }
    result.object = symbols_.fresh_object();
  } else if (first == "map") {
    if (map(second) == nullptr) return false;
    result = Value::of_map(Type::kMap, *map(second));
  } else if (first == "object") {
    result = Value::pointer(Type::kObject);
    result.detail = program_.subject().types.named(second.c_str());
  } else if (first == "function") {
    result = Value::pointer(Type::kFunction);
    for (const Function& function : program_.functions) {
      if (function.name == second) result.detail = function.entry;
    }
  } else {
    used = 1;
    const auto plain = kPlain.find(first);
    if (plain != kPlain.end()) {
      result = Value::pointer(plain->second);
      if (plain->second == Type::kStack) result = state.frame_pointer();
      return true;
    }
    for (const NamedStructure& named : kNamedStructures) {
      if (first != named.name) continue;
      result = Value::pointer(Type::kStructure);
      result.structure = named.id;
      return true;
    }
    return false;
  }
  return true;
}

std::string FactReader::pointer(const std::string& text, State& state, Value& result) {
  const std::vector<std::string> words = words_of(text);
  size_t at = 0;
  if (words.empty() || !region(words, at, state, result)) return "no value: " + text;
  while (at < words.size()) {
    const std::string& word = words[at];
    if (word == "or" && at + 1 < words.size() && words[at + 1] == "null") {
      result.nullable = true;
      if (result.object == kNoObject) result.object = symbols_.fresh_object();
      at += 2;
    } else if (word == "read-only") {
      result.read_only = true;
      at += 1;
    } else if (const auto* trust = trust_named(word)) {
      result.trust = trust->trust;
      at += 1;
    } else if (word.starts_with("#")) {
      result.object = object(word);
      at += 1;
    } else if (word == "held" && at + 2 < words.size() && words[at + 1] == "by") {
      result.reference = object(words[at + 2]);
      at += 3;
    } else if (word == "+" || word == "-") {
      std::string offsets;
      for (++at; at < words.size() && words[at] != "or" && words[at] != "read-only" &&
                 trust_named(words[at]) == nullptr && words[at] != "held" && words[at][0] != '#';
           ++at) {
        offsets += words[at] + " ";
      }
      const auto number = number_of((word == "-" ? "-" : "") + offsets, true);
      if (!number || is_bottom(*number)) return "no offsets: " + offsets;
      result.number = *number;
    } else {
      return "no value: " + text;
    }
  }
  return "";
}

// The integer that a number or offset is, by a symbol of its own where it has no form yet; unknown
// where it may be negative.
Linear FactReader::form_of(Value& value, State& state) {
  if (value.form().known() || value.type == Type::kUninitialised) return value.form();
  const bool number = value.type == Type::kNumber;
  if (!number && signed_min(value.number) < 0) return {};
  const Symbol symbol = symbols_.fresh();
  const uint64_t high =
      number ? unsigned_max(value.number) : static_cast<uint64_t>(signed_max(value.number));
  // Cannot fail: the symbol is new.
  (void)state.relations.restrict(symbol, unsigned_min(value.number), high);
  value.linear = Linear::symbol(symbol);
  return value.linear;
}

// "r1 + 4", "packet size", "r2 - r3"
Linear FactReader::sum(const std::string& text, State& state) {
  Linear total = Linear::constant(0);
  int64_t sign = 1;
  const std::vector<std::string> words = words_of(text);
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "+" || words[i] == "-") {
      sign = words[i] == "+" ? 1 : -1;
      continue;
    }
    Linear term;
    if (const auto reg = reg_of(words[i])) {
      term = form_of(state.registers[*reg], state);
    } else if (const auto number = integer_of(words[i])) {
      term = Linear::constant(static_cast<int64_t>(*number));
    } else if (i + 1 < words.size() && words[i + 1] == "size") {
      if (words[i] == "packet") term = Linear::symbol(state.packet_size);
      if (words[i] == "meta") term = Linear::symbol(state.meta_size_plus_one).plus(-1);
      if (words[i] == "buffer") term = Linear::symbol(kMemorySize);
      ++i;
    }
    total = total.combined(term, sign);
    sign = 1;
  }
  return total;
}

std::vector<Linear> FactReader::relation(const std::string& fact, State& state) {
  for (const std::string op : {" <= ", " >= ", " < ", " > ", " == "}) {
    const size_t at = fact.find(op);
    if (at == std::string::npos) continue;
    const Linear left = sum(fact.substr(0, at), state);
    const Linear right = sum(fact.substr(at + op.size()), state);
    const int64_t strict = op == " < " || op == " > " ? -1 : 0;
    if (op == " == ") return {left - right, right - left};
    if (op[1] == '<') return {(right - left).plus(strict)};
    return {(left - right).plus(strict)};
  }
  return {};
}

}  // namespace zext::verifier
