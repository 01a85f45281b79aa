#include "verifier/testing/transfer_case.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "verifier/testing/compare_states.h"
#include "verifier/testing/fact.h"
#include "verifier/testing/number_text.h"
#include "verifier/transfer/transfer.h"

namespace zext::verifier {
namespace {

using ebpf::Instruction;
using ebpf::Kind;

constexpr const char* kSections[] = {"pre", "code", "post", "taken", "inside", "reason"};

// What became of the machine before: a state for each way on (null: there is none), or a failure.
struct After {
  std::map<std::string, std::optional<State>> ways;
  std::optional<Failure> failure;
};

// Executes a case's code.
class Machine {
 public:
  Machine(const Prepared& program, SymbolSource& symbols, const Options& options)
      : program_(program),
        subject_(program.subject()),
        rules_{.subject = subject_,
               .privileged = options.privileged,
               .strict_alignment = options.strict_alignment},
        transfer_(rules_, symbols) {}

  After run(State state, uint32_t end) {
    for (uint32_t pc = 0; pc < end && !after_.failure; pc = program_.code.next(pc)) {
      step(program_.code.insns[pc], pc, state);
    }
    if (!after_.failure) after_.ways.try_emplace("post", std::move(state));
    return std::move(after_);
  }

 private:
  void step(const Instruction<>& insn, uint32_t pc, State& state) {
    switch (insn.row().kind) {
      case Kind::kJump:
        return jump(insn, state);
      case Kind::kJa:
      case Kind::kGotol:
        after_.ways["taken"] = state;
        after_.ways["post"] = std::nullopt;
        return;
      case Kind::kMayGoto:
        after_.ways["taken"] = state;
        if (!transfer_.take_round(state)) after_.ways["post"] = std::nullopt;
        return;
      case Kind::kCallHelper:
        return call_helper(insn, pc, state);
      case Kind::kCallBtf:
        return call_kernel(insn, pc, state);
      case Kind::kCallLocal:
        return call(pc, state);
      case Kind::kExit:
        return exit(state);
      default:
        return fail(transfer_.step(insn, pc, state));
    }
  }

  void fail(const Checked& done) {
    if (!done) after_.failure = done.error();
  }

  void jump(const Instruction<>& insn, State& state) {
    fail(transfer_.check_jump(insn, state));
    if (after_.failure) return;
    State taken = state;
    after_.ways["taken"] =
        transfer_.assume(insn, true, taken) ? std::optional(std::move(taken)) : std::nullopt;
    after_.ways["post"] =
        transfer_.assume(insn, false, state) ? std::optional(state) : std::nullopt;
  }

  void call_helper(const Instruction<>& insn, uint32_t pc, State& state) {
    auto call = transfer_.check_helper(insn, state);
    if (!call) {
      after_.failure = call.error();
      return;
    }
    if (call->callback == Callback::kTimer) {
      after_.ways["inside"] = transfer_.deferred_entry(*call);
    } else if (call->callback != Callback::kNone) {
      State inside = state;
      after_.ways["inside"] =
          transfer_.call_back(*call, pc, inside) ? std::optional(std::move(inside)) : std::nullopt;
      call = transfer_.check_helper(insn, state);
    }
    fail(transfer_.finish_helper(*call, pc, state));
  }

  void call_kernel(const Instruction<>& insn, uint32_t pc, State& state) {
    const auto call = transfer_.check_kernel_function(insn, state);
    if (!call) {
      after_.failure = call.error();
    } else {
      fail(transfer_.finish_helper(*call, pc, state));
    }
  }

  void call(uint32_t pc, State& state) {
    const uint32_t target = *program_.code.target(pc);
    const Function* function = transfer_.function_at(target);
    if (function == nullptr || !function->global) {
      transfer_.call(target, program_.code.next(pc), state);
      return;
    }
    fail(transfer_.check_arguments(*function, state));
    if (!after_.failure) transfer_.return_from(*function, false, state);
  }

  void exit(State& state) {
    fail(transfer_.check_exit(state));
    if (after_.failure) return;
    if (state.frames.size() == 1) {
      after_.ways["post"] = std::nullopt;
    } else if (state.frames.back().role == Role::kCallback) {
      transfer_.end_round(state);
    } else {
      transfer_.leave(state);
    }
  }

  const Prepared& program_;
  const Subject subject_;
  const Rules rules_;
  const Transfer transfer_;
  After after_;
};

// One way on: the state that the facts make of the one before, and what they say of relations,
// which the state after must know.
class Expectation {
 public:
  Expectation(const Prepared& program, FactReader& reader, const State& before)
      : program_(program), reader_(reader), before_(before) {}

  std::string compare(const std::string& facts, const State& actual) {
    State expected = before_;
    State asked = actual;
    std::string text;
    for (const std::string& fact : parts_of(facts, ";")) {
      if (fact == "nothing") continue;
      if (const auto sums = reader_.relation(fact, asked); !sums.empty()) {
        for (const Linear& sum : sums) {
          if (!asked.relations.implies(sum)) text += "not known: " + fact + "\n";
        }
        continue;
      }
      if (std::string wrong = reader_.add_one(fact, expected); !wrong.empty()) return wrong;
      text += same_forms(fact, actual);
    }
    return text + compare_states(program_, expected, actual);
  }

 private:
  // `r1 = r2 + 4` is about the numbers behind r1 and r2, not only about their ranges.
  static std::string same_forms(const std::string& fact, const State& actual) {
    std::istringstream in(fact);
    std::string left;
    std::string equals;
    std::string right;
    std::string sign;
    in >> left >> equals >> right;
    int64_t distance = 0;
    if (left[0] != 'r' || right[0] != 'r' || right.size() < 2 || right[1] > '9') return "";
    if (in >> sign >> distance; sign == "-") distance = -distance;
    const Value& a = actual.registers[std::stoul(left.substr(1))];
    const Value& b = actual.registers[std::stoul(right.substr(1))];
    return a.form().known() && (a.form() - b.form()) == Linear::constant(distance)
               ? ""
               : left + " is not known to be " + fact.substr(fact.find('=') + 2) + "\n";
  }

  const Prepared& program_;
  FactReader& reader_;
  const State& before_;
};

std::string failure_text(const Failure& failure) {
  std::string text = id_of(failure.reason);
  if (failure.reg != kNoRegister) text += " r" + std::to_string(failure.reg);
  return text;
}

// Slots of the code: up to `out: exit`, which is put after it.
uint32_t end_of_code(const Prepared& program) {
  const uint32_t end = program.functions.empty() ? program.code.size() : program.functions[0].entry;
  return end - 1;
}

std::string compare_ways(const TransferCase& tested, const Prepared& program, FactReader& reader,
                         const State& before, const After& after) {
  std::string text;
  for (const auto& [way, state] : after.ways) {
    const auto facts = tested.sections.find(way);
    if (facts == tested.sections.end()) {
      if (state) text += way + ": nothing is said of it\n";
    } else if (facts->second == "never" || !state) {
      if (state) text += way + ": is possible\n";
      if (facts->second != "never") text += way + ": is not possible\n";
    } else {
      State base = before;
      const std::string found = Expectation(program, reader, base).compare(facts->second, *state);
      for (const std::string& line : parts_of(found, "\n"))
        text.append(way + ": ").append(line + "\n");
    }
  }
  for (const char* way : {"post", "taken", "inside"}) {
    if (tested.sections.contains(way) && !after.ways.contains(way)) {
      text += std::string(way) + ": there is no such way\n";
    }
  }
  return text;
}

std::string joined(const std::string& text, const std::string& separator) {
  std::string lines;
  for (const std::string& part : parts_of(text, separator)) lines += part + "\n";
  return lines;
}

}  // namespace

std::vector<TransferCase> parse_transfer_cases(const std::string& text) {
  std::vector<TransferCase> cases;
  for (const Case& made : parse_cases(text)) {
    TransferCase added{.name = made.name,
                       .imprecise = made.expected == "imprecise",
                       .program = made,
                       .sections = {}};
    std::istringstream in(made.code);
    std::string before;
    std::string functions;
    std::string* into = &before;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("function ")) into = &functions;
      const size_t colon = line.find(':');
      const std::string word = line.substr(0, colon);
      const bool section =
          colon != std::string::npos && std::ranges::find(kSections, word) != std::end(kSections);
      if (section && into != &functions) {
        into = &added.sections[word];
        line = line.substr(colon + 1);
      }
      *into += line + (into == &before || into == &functions ? "\n" : ";");
    }
    for (auto& [word, facts] : added.sections) {
      std::string clean;
      for (const std::string& fact : parts_of(facts, ";"))
        clean.append(clean.empty() ? "" : "; ").append(fact);
      facts = clean;
    }
    added.program.code = before + joined(added.sections["code"], ";") + "out:\nexit\n" + functions;
    cases.push_back(std::move(added));
  }
  return cases;
}

std::vector<TransferCase> read_transfer_cases(const std::string& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return parse_transfer_cases(text.str());
}

std::string difference(const TransferCase& tested) {
  const auto program = prepare(tested.program);
  if (!program) return program.error();
  SymbolSource symbols;
  FactReader reader(**program, symbols);
  State before = reader.empty();
  const auto pre = tested.sections.find("pre");
  if (pre != tested.sections.end()) {
    if (std::string wrong = reader.add(pre->second, before); !wrong.empty()) return wrong;
  }
  const After after =
      Machine(**program, symbols, tested.program.options).run(before, end_of_code(**program));
  const auto reason = tested.sections.find("reason");
  if (after.failure || reason != tested.sections.end()) {
    const std::string found = after.failure ? failure_text(*after.failure) : "accepted";
    const std::string wanted = reason != tested.sections.end() ? reason->second : "accepted";
    const bool same = found == wanted || (after.failure && id_of(after.failure->reason) == wanted);
    return same ? "" : "reason: " + found + ", not " + wanted + "\n";
  }
  return compare_ways(tested, **program, reader, before, after);
}

std::set<ebpf::Op> operations(const TransferCase& tested) {
  std::set<ebpf::Op> found;
  const auto program = prepare(tested.program);
  if (!program) return found;
  const uint32_t end = end_of_code(**program);
  for (uint32_t pc = 0; pc < end; pc = (*program)->code.next(pc)) {
    found.insert((*program)->code.insns[pc].op);
  }
  return found;
}

}  // namespace zext::verifier
