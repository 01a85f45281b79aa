#include "verifier/testing/case.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "isa/ebpf/asm.h"
#include "verifier/verify.h"

namespace zext::verifier {
namespace {

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

uint64_t number(const std::string& text) {
  return text.empty() ? 0 : std::stoull(text, nullptr, 0);
}

// What an option word asks verify() for; false: it is about the program, or nothing at all.
bool apply_option(const std::string& word, Options& options) {
  if (word == "privileged") options.privileged = true;
  if (word == "unprivileged") options.privileged = false;
  if (word == "strict-alignment") options.strict_alignment = true;
  if (word == "record") options.record_invariants = true;
  if (word.starts_with("steps=")) options.max_steps = number(word.substr(6));
  if (word.starts_with("states=")) {
    options.max_states = static_cast<uint32_t>(number(word.substr(7)));
  }
  return word == "privileged" || word == "unprivileged" || word == "strict-alignment" ||
         word == "record" || word.starts_with("steps=") || word.starts_with("states=");
}

}  // namespace

Options case_options() { return {.max_steps = 20'000, .privileged = false}; }

std::vector<Case> parse_cases(const std::string& text, const Options& options) {
  std::vector<Case> cases;
  std::istringstream in(text);
  std::string* into = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#")) continue;
    if (line.starts_with("== ")) {
      std::istringstream fields(line.substr(3));
      Case added;
      added.options = options;
      std::getline(fields, added.name, '|');
      std::getline(fields, added.platform, '|');
      std::getline(fields, added.expected, '|');
      for (std::string* field : {&added.name, &added.platform, &added.expected}) {
        *field = trimmed(*field);
      }
      cases.push_back(std::move(added));
      into = &cases.back().code;
    } else if (cases.empty()) {
      continue;
    } else if (line == "-- code") {
      into = &cases.back().code;
    } else if (line.starts_with("-- ")) {
      into = &cases.back().sections[trimmed(line.substr(3))];
    } else {
      *into += line + "\n";
      if (into != &cases.back().code || !line.starts_with("option ")) continue;
      for (const std::string& word : words_of(line)) apply_option(word, cases.back().options);
    }
  }
  return cases;
}

std::vector<Case> read_cases(const std::string& file, const Options& options) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return parse_cases(text.str(), options);
}

// Turns the lines of a case's code into a Prepared, one after the other.
class Reader {
 public:
  explicit Reader(Prepared& result) : result_(result) {}

  std::string read(const Case& made) {
    result_.platform = find_platform(made.platform.c_str());
    if (result_.platform == nullptr) return "no such platform: " + made.platform;
    collect_types(made.code);
    std::istringstream in(made.code);
    for (std::string line; std::getline(in, line);) {
      if (const std::string wrong = read_line(line); !wrong.empty()) return wrong;
    }
    for (const auto& [map, name] : inner_) {
      const Map* found = find_map(name);
      if (found == nullptr) return "no such map: " + name;
      result_.maps[map].inner = found;
    }
    return assemble();
  }

 private:
  std::string read_line(const std::string& line) {
    const std::vector<std::string> words = words_of(line);
    if (words.empty()) return "";
    if (words[0] == "option") return options(words);
    if (words[0] == "map") return map(words);
    if (words[0] == "type") return type(words);
    if (words[0] == "argument") return argument(words);
    if (words[0] == "function") return function(words);
    if (words[0] == "kfunc") return kernel_function(words);
    if (words[0] == "variable") return variable(words);
    if (words[0] == ";") return source(line);
    if (words[0] == "%packet" && words.size() == 2) {
      add("r2 = *(u32 *)(r1 + 0)");
      add("r3 = *(u32 *)(r1 + 4)");
      add("r0 = 0");
      add("r4 = r2");
      add("r4 += " + words[1]);
      add("if r4 > r3 goto out");
    } else if (words[0] == "%out") {
      for (const char* text : {"r0 = 0", "out:", "exit"}) add(text);
    } else if (words[0] == "%forget") {
      forget();
    } else if (words.size() > 3 && words[1] == "=" && (words[2] == "map" || words[2] == "value")) {
      return map_address(words);
    } else {
      add(line);
    }
    return "";
  }

  // Comparisons of numbers that matter nowhere: more than the verifier keeps, so that it forgets
  // what it knew before. Jumps out with r0 as it is.
  void forget() {
    constexpr int kComparisons = 26;
    for (int i = 0; i < kComparisons; ++i) {
      add("r3 = *(u32 *)(r1 + 0)");
      add("r4 = *(u32 *)(r1 + 4)");
      add("if r3 >= r4 goto out");
    }
  }

  void add(const std::string& line) {
    text_ += line + "\n";
    const std::vector<std::string> words = words_of(line);
    if (words.empty() || words[0].starts_with("#") || words[0].starts_with("//")) return;
    if (words.back().ends_with(":") && words.size() == 1) return;
    const bool wide = words[0] == "ld_pseudo" || words.back() == "ll";
    slot_ += wide ? 2 : 1;
  }

  std::string options(const std::vector<std::string>& words) {
    for (size_t i = 1; i < words.size(); ++i) {
      Options ignored;
      if (words[i] == "sleepable") {
        result_.sleepable = true;
      } else if (words[i] == "proprietary") {
        result_.gpl_compatible = false;
      } else if (!apply_option(words[i], ignored)) {
        return "no such option: " + words[i];
      }
    }
    return "";
  }

  const char* keep(const std::string& name) {
    result_.names_.push_back(name);
    return result_.names_.back().c_str();
  }

  static uint32_t map_type(const std::string& name) {
    static const std::map<std::string, uint32_t> kTypes = {{"hash", 1},
                                                           {"array", 2},
                                                           {"prog_array", 3},
                                                           {"perf_event", 4},
                                                           {"percpu_hash", 5},
                                                           {"percpu_array", 6},
                                                           {"stack_trace", 7},
                                                           {"cgroup_array", 8},
                                                           {"lru_hash", 9},
                                                           {"lru_percpu_hash", 10},
                                                           {"lpm_trie", 11},
                                                           {"array_of_maps", 12},
                                                           {"hash_of_maps", 13},
                                                           {"devmap", 14},
                                                           {"sockmap", 15},
                                                           {"cpumap", 16},
                                                           {"xskmap", 17},
                                                           {"sockhash", 18},
                                                           {"cgroup_storage", 19},
                                                           {"queue", 22},
                                                           {"stack", 23},
                                                           {"sk_storage", 24},
                                                           {"struct_ops", 26},
                                                           {"ringbuf", 27},
                                                           {"inode_storage", 28},
                                                           {"task_storage", 29},
                                                           {"bloom_filter", 30},
                                                           {"user_ringbuf", 31},
                                                           {"arena", 33}};
    const auto found = kTypes.find(name);
    return found != kTypes.end() ? found->second : static_cast<uint32_t>(number(name));
  }

  std::string map(const std::vector<std::string>& words) {
    if (words.size() < 2) return "a map has a name";
    Map added;
    added.number = static_cast<int32_t>(result_.maps.size());
    added.name = keep(words[1]);
    std::vector<SpecialField>& fields = result_.fields_.emplace_back();
    for (size_t i = 2; i < words.size(); ++i) {
      const size_t equals = words[i].find('=');
      const std::string key = words[i].substr(0, equals);
      const std::string value = equals == std::string::npos ? "" : words[i].substr(equals + 1);
      if (!map_property(key, value, added) && !special_field(key, value, fields)) {
        return "no such property of a map: " + words[i];
      }
    }
    std::ranges::sort(fields, {}, &SpecialField::offset);
    added.fields = fields;
    result_.maps.push_back(added);
    return "";
  }

  bool map_property(const std::string& key, const std::string& value, Map& added) {
    constexpr uint32_t kReadOnly = 1u << 7;
    constexpr uint32_t kWriteOnly = 1u << 8;
    const auto n = [&] { return static_cast<uint32_t>(number(value)); };
    if (key == "type") added.type = map_type(value);
    if (key == "key") added.key_size = n();
    if (key == "value") added.value_size = n();
    if (key == "entries") added.max_entries = n();
    if (key == "flags") added.flags |= n();
    if (key == "rdonly") added.flags |= kReadOnly;
    if (key == "wronly") added.flags |= kWriteOnly;
    if (key == "inner") inner_.emplace_back(result_.maps.size(), value);
    if (key == "data") {
      std::vector<uint8_t>& bytes = result_.constants_.emplace_back();
      for (size_t i = 0; i + 1 < value.size(); i += 2) {
        bytes.push_back(static_cast<uint8_t>(std::stoul(value.substr(i, 2), nullptr, 16)));
      }
      added.constant = bytes;
    }
    constexpr const char* kKeys[] = {"type",   "key",    "value", "entries", "flags",
                                     "rdonly", "wronly", "inner", "data"};
    return std::ranges::find(kKeys, key) != std::end(kKeys);
  }

  // lock=0, timer=16, kptr=24:task, other=40:8.
  bool special_field(const std::string& key, const std::string& value,
                     std::vector<SpecialField>& fields) {
    using Kind = SpecialField::Kind;
    const size_t colon = value.find(':');
    const std::string rest = colon == std::string::npos ? "" : value.substr(colon + 1);
    SpecialField added;
    added.offset = static_cast<uint32_t>(number(value.substr(0, colon)));
    if (key == "lock") {
      added.kind = Kind::kSpinLock;
      added.bytes = 4;
    } else if (key == "timer") {
      added.kind = Kind::kTimer;
      added.bytes = 16;
    } else if (key == "kptr" || key == "refkptr") {
      added.kind = key == "kptr" ? Kind::kKptr : Kind::kReferencedKptr;
      added.bytes = 8;
      added.type = type_id(rest);
    } else if (key == "other") {
      added.bytes = static_cast<uint32_t>(number(rest));
    } else {
      return false;
    }
    fields.push_back(added);
    return true;
  }

  // Types may name each other, whatever their order.
  void collect_types(const std::string& code) {
    std::istringstream in(code);
    for (std::string line; std::getline(in, line);) {
      const std::vector<std::string> words = words_of(line);
      if (words.size() < 3 || words[0] != "type") continue;
      Prepared::NamedType& added = result_.types_.emplace_back();
      added.name = words[1];
      added.info.name = added.name.c_str();
      added.info.bytes = static_cast<uint32_t>(number(words[2]));
    }
  }

  uint32_t type_id(const std::string& name) const {
    for (size_t i = 0; i < result_.types_.size(); ++i) {
      if (result_.types_[i].name == name) return static_cast<uint32_t>(i + 1);
    }
    return kNoType;
  }

  std::string type(const std::vector<std::string>& words) {
    if (words.size() < 3) return "a type has a name and a size";
    Prepared::NamedType& into = result_.types_[type_id(words[1]) - 1];
    for (size_t i = 3; i < words.size(); ++i) {
      const size_t at = words[i].find('@');
      const size_t colon = words[i].find(':');
      if (at == std::string::npos || colon == std::string::npos) return "no member: " + words[i];
      const std::string what = words[i].substr(colon + 1);
      Member member{
          .offset = static_cast<uint32_t>(number(words[i].substr(at + 1, colon - at - 1))),
          .bytes = 8};
      if (what.starts_with("*")) {
        member.kind = Member::Kind::kPointer;
        member.type = type_id(what.substr(1));
      } else if (what.starts_with("=")) {
        member.kind = Member::Kind::kStruct;
        member.type = type_id(what.substr(1));
        if (member.type == kNoType) return "no such type: " + what.substr(1);
        member.bytes = result_.types_[member.type - 1].info.bytes;
      } else if (what == "address" || what == "user") {
        member.kind = what == "user" ? Member::Kind::kUser : Member::Kind::kAddress;
      } else {
        member.bytes = static_cast<uint32_t>(number(what));
      }
      member.element = member.bytes;
      into.members.push_back(member);
    }
    into.info.members = into.members;
    return "";
  }

  // number, context, unknown, memory:8, memory:8:not0, object:task_struct:not0.
  bool parameter(const std::string& word, Parameter& into) const {
    const size_t colon = word.find(':');
    const std::string kind = word.substr(0, colon);
    std::string rest = colon == std::string::npos ? "" : word.substr(colon + 1);
    if (kind == "number") {
      into.kind = Parameter::Kind::kNumber;
    } else if (kind == "context") {
      into.kind = Parameter::Kind::kContext;
    } else if (kind == "unknown") {
      into.kind = Parameter::Kind::kUnknown;
    } else if (kind == "memory") {
      into.kind = Parameter::Kind::kMemory;
      into.nullable = !rest.ends_with(":not0");
      into.bytes = static_cast<uint32_t>(number(rest.substr(0, rest.find(':'))));
    } else if (kind == "object") {
      into.kind = Parameter::Kind::kObject;
      into.nullable = !rest.ends_with(":not0");
      into.type = type_id(rest.substr(0, rest.find(':')));
    } else {
      return false;
    }
    return true;
  }

  std::string argument(const std::vector<std::string>& words) {
    for (size_t i = 1; i < words.size(); ++i) {
      if (!parameter(words[i], result_.arguments.emplace_back())) {
        return "no such parameter: " + words[i];
      }
    }
    return "";
  }

  std::string function(const std::vector<std::string>& words) {
    if (words.size() < 2) return "a function has a name";
    Function added{.entry = slot_, .name = keep(words[1])};
    for (size_t i = 2; i < words.size(); ++i) {
      if (words[i] == "global") {
        added.global = true;
      } else if (words[i] == "void") {
        added.returns_nothing = true;
      } else if (added.parameter_count < added.parameters.size() &&
                 parameter(words[i], added.parameters[added.parameter_count])) {
        ++added.parameter_count;
      } else {
        return "no such parameter: " + words[i];
      }
    }
    result_.functions.push_back(added);
    text_ += words[1] + ":\n";
    return "";
  }

  std::string kernel_function(const std::vector<std::string>& words) {
    if (words.size() < 4) return "a kernel function has a number, a name and a count of parameters";
    result_.kernel_functions.push_back({.number = static_cast<int32_t>(number(words[1])),
                                        .name = keep(words[2]),
                                        .missing = words.size() == 5 && words[4] == "missing",
                                        .parameter_count = static_cast<uint8_t>(number(words[3]))});
    return "";
  }

  std::string variable(const std::vector<std::string>& words) {
    KernelVariable added;
    if (words.size() < 4 || !parameter(words[3], added.value)) {
      return "a kernel variable has a number, a name and what it is";
    }
    added.number = static_cast<int32_t>(number(words[1]));
    added.name = keep(words[2]);
    for (size_t i = 4; i < words.size(); ++i) {
      if (words[i] == "percpu") added.per_cpu = true;
      if (words[i] == "weak") added.weak = true;
      if (words[i] == "missing") added.missing = true;
    }
    result_.variables.push_back(added);
    return "";
  }

  // "; filter.c:12:3 text"
  std::string source(const std::string& line) {
    const size_t begin = line.find_first_not_of(' ', line.find(';') + 1);
    const size_t end = std::min(line.find(' ', begin), line.size());
    const std::string place = line.substr(begin, end - begin);
    const size_t last = place.rfind(':');
    const size_t middle = last == 0 ? last : place.rfind(':', last - 1);
    if (last == std::string::npos || middle == std::string::npos) return "no C line: " + line;
    result_.program.lines.push_back(
        {.slot = slot_,
         .file = place.substr(0, middle),
         .line = static_cast<uint32_t>(number(place.substr(middle + 1, last - middle - 1))),
         .column = static_cast<uint32_t>(number(place.substr(last + 1))),
         .text = end < line.size() ? line.substr(end + 1) : ""});
    return "";
  }

  const Map* find_map(const std::string& name) const {
    const auto found =
        std::ranges::find_if(result_.maps, [&](const Map& map) { return map.name == name; });
    return found == result_.maps.end() ? nullptr : &*found;
  }

  // `r1 = map NAME`, `r1 = value NAME`, `r1 = value NAME + 8`.
  std::string map_address(const std::vector<std::string>& words) {
    const Map* found = find_map(words[3]);
    if (found == nullptr) return "no such map: " + words[3];
    const bool value = words[2] == "value";
    std::string line =
        "ld_pseudo " + words[0] + ", " + (value ? "2" : "1") + ", " + std::to_string(found->number);
    if (value) line += ", " + (words.size() == 6 ? words[5] : "0");
    add(line);
    return "";
  }

  std::string assemble() {
    const auto slots = ebpf::assemble(text_);
    if (!slots) return ebpf::describe(slots.error()) + "\n" + text_;
    auto code = ebpf::decode_program(*slots);
    if (!code) return ebpf::describe(code.error()) + "\n" + text_;
    result_.code = std::move(*code);
    object::Program& program = result_.program;
    program.name = "filter";
    program.slots = *slots;
    program.functions = {{.name = program.name}};
    for (const Function& function : result_.functions) {
      program.functions.push_back(
          {.name = function.name, .first_slot = function.entry, .global = function.global});
    }
    for (size_t i = 0; i < program.functions.size(); ++i) {
      const uint32_t end = i + 1 < program.functions.size()
                               ? program.functions[i + 1].first_slot
                               : static_cast<uint32_t>(program.slots.size());
      program.functions[i].slots = end - program.functions[i].first_slot;
    }
    return "";
  }

  Prepared& result_;
  std::string text_;
  uint32_t slot_ = 0;
  std::vector<std::pair<size_t, std::string>> inner_;
};

Subject Prepared::subject() const {
  Subject subject{.code = code,
                  .platform = *platform,
                  .maps = maps,
                  .functions = functions,
                  .arguments = arguments,
                  .variables = variables,
                  .kernel_functions = kernel_functions,
                  .sleepable = sleepable,
                  .gpl_compatible = gpl_compatible};
  subject.types.context = const_cast<Prepared*>(this);
  subject.types.find = [](void* self, uint32_t id) -> const TypeInfo* {
    const auto& types = static_cast<Prepared*>(self)->types_;
    return id == kNoType || id > types.size() ? nullptr : &types[id - 1].info;
  };
  subject.types.by_name = [](void* self, const char* name) -> uint32_t {
    const auto& types = static_cast<Prepared*>(self)->types_;
    for (size_t i = 0; i < types.size(); ++i) {
      if (types[i].name == name) return static_cast<uint32_t>(i + 1);
    }
    return kNoType;
  };
  return subject;
}

std::expected<std::unique_ptr<Prepared>, std::string> prepare(const Case& made) {
  auto result = std::make_unique<Prepared>();
  if (std::string wrong = Reader(*result).read(made); !wrong.empty()) {
    return std::unexpected(std::move(wrong));
  }
  return result;
}

std::string verdict_of(const Case& tested) {
  const auto ready = prepare(tested);
  if (!ready) return ready.error();
  const Verdict verdict = verify((*ready)->subject(), tested.options);
  switch (verdict.outcome) {
    case Outcome::kAccepted:
      return "accept";
    case Outcome::kRejected:
      return id_of(verdict.rejection.reason);
    case Outcome::kResourceLimit:
      return "resource-limit";
  }
  return "";
}

}  // namespace zext::verifier
