#include "verifier/explain/explain.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "isa/ebpf/disasm.h"

namespace zext::verifier {
namespace {

// "xdp_filter.c:41:7", or the program's name and slot where the object has no line information.
std::string place(const object::Program& program, uint32_t pc) {
  if (const object::Line* line = object::line_at(program, pc)) {
    return fmt::format("{}:{}:{}", line->file, line->line, line->column);
  }
  return fmt::format("{}:{}", program.name, pc);
}

std::string source_line(const object::Program& program, uint32_t pc) {
  const object::Line* line = object::line_at(program, pc);
  if (line == nullptr || line->text.empty()) return "";
  return fmt::format("{:>5} | {}\n", line->line, line->text);
}

std::string instruction(const ebpf::Code& code, uint32_t pc) {
  if (pc >= code.size()) return "";
  return fmt::format("  instruction {}: {}\n", pc, ebpf::disassemble(code.insns[pc], pc));
}

std::string registers(const RegisterFacts& facts) {
  std::string text;
  for (unsigned reg = 0; reg < ebpf::kFramePointer; ++reg) {
    if (facts[reg].type == Type::kUninitialised) continue;
    text += fmt::format("    r{} = {}\n", reg, describe(facts[reg]));
  }
  return text.empty() ? "" : "  known there:\n" + text;
}

// A branch, and how often in a row it went the same way: the rounds of a loop.
struct Repeated {
  Branch branch;
  size_t times = 1;
};

std::vector<Repeated> without_repeats(const std::vector<Branch>& branches) {
  std::vector<Repeated> result;
  for (const Branch& branch : branches) {
    const bool again = !result.empty() && result.back().branch.pc == branch.pc &&
                       result.back().branch.taken == branch.taken;
    if (again) {
      ++result.back().times;
    } else {
      result.push_back({.branch = branch});
    }
  }
  return result;
}

std::string path(const object::Program& program, const std::vector<Branch>& branches) {
  constexpr size_t kShown = 8;
  if (branches.empty()) return "";
  const std::vector<Repeated> steps = without_repeats(branches);
  const size_t skipped = steps.size() > kShown ? steps.size() - kShown : 0;
  std::string text = "  the way there:\n";
  // A path as long as the verifier keeps may have begun before.
  if (skipped > 0 || branches.size() == kPathLength) text += "    ...\n";
  for (size_t i = skipped; i < steps.size(); ++i) {
    const auto& [branch, times] = steps[i];
    text += fmt::format("    {}: jump at {} {}{}\n", place(program, branch.pc), branch.pc,
                        branch.taken ? "taken" : "not taken",
                        times > 1 ? fmt::format(", {} times", times) : "");
  }
  return text;
}

std::string rejected(const object::Program& program, const ebpf::Code& code,
                     const Rejection& rejection) {
  std::string text = fmt::format("{}: error: [{}] {}\n", place(program, rejection.pc),
                                 id_of(rejection.reason), message_of(rejection));
  text += source_line(program, rejection.pc);
  text += instruction(code, rejection.pc);
  text += registers(rejection.registers);
  text += path(program, rejection.path);
  if (const std::string hint = hint_of(rejection); !hint.empty()) {
    text += fmt::format("  hint: {}\n", hint);
  }
  return text;
}

nlohmann::json place_json(const object::Program& program, uint32_t pc) {
  nlohmann::json json{{"pc", pc}};
  if (const object::Line* line = object::line_at(program, pc)) {
    json["file"] = line->file;
    json["line"] = line->line;
    json["column"] = line->column;
    json["text"] = line->text;
  }
  return json;
}

nlohmann::json rejection_json(const object::Program& program, const ebpf::Code& code,
                              const Rejection& rejection) {
  nlohmann::json json = place_json(program, rejection.pc);
  json["reason"] = id_of(rejection.reason);
  json["message"] = message_of(rejection);
  if (const std::string hint = hint_of(rejection); !hint.empty()) json["hint"] = hint;
  if (rejection.pc < code.size()) {
    json["instruction"] = ebpf::disassemble(code.insns[rejection.pc], rejection.pc);
  }
  json["registers"] = nlohmann::json::object();
  for (unsigned reg = 0; reg < ebpf::kRegisterCount; ++reg) {
    const RegisterFact& fact = rejection.registers[reg];
    if (fact.type != Type::kUninitialised) {
      json["registers"][fmt::format("r{}", reg)] = describe(fact);
    }
  }
  json["path"] = nlohmann::json::array();
  for (const Branch& branch : rejection.path) {
    nlohmann::json step = place_json(program, branch.pc);
    step["taken"] = branch.taken;
    json["path"].push_back(step);
  }
  return json;
}

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAccepted:
      return "accepted";
    case Outcome::kRejected:
      return "rejected";
    case Outcome::kResourceLimit:
      return "resource limit";
  }
  return "";
}

}  // namespace

std::string explain(const object::Program& program, const ebpf::Code& code,
                    const Verdict& verdict) {
  switch (verdict.outcome) {
    case Outcome::kAccepted:
      return fmt::format("{}: accepted ({} steps, {} bytes of stack)\n", program.name,
                         verdict.statistics.steps, verdict.statistics.stack_bytes);
    case Outcome::kRejected:
      return rejected(program, code, verdict.rejection);
    case Outcome::kResourceLimit:
      return fmt::format("{}: error: [resource-limit] undecided after {} steps and {} states\n",
                         place(program, verdict.rejection.pc), verdict.statistics.steps,
                         verdict.statistics.peak_states) +
             source_line(program, verdict.rejection.pc) + instruction(code, verdict.rejection.pc) +
             "  hint: raise the budget, or make loops shorter\n";
  }
  return "";
}

std::string explain_json(const object::Program& program, const ebpf::Code& code,
                         const Verdict& verdict) {
  nlohmann::json json{{"program", program.name}, {"outcome", name_of(verdict.outcome)}};
  const Statistics& statistics = verdict.statistics;
  json["statistics"] = {{"steps", statistics.steps},
                        {"peak_states", statistics.peak_states},
                        {"attempts", statistics.attempts},
                        {"widenings", statistics.widenings},
                        {"stack_bytes", statistics.stack_bytes}};
  if (verdict.outcome == Outcome::kRejected) {
    json["rejection"] = rejection_json(program, code, verdict.rejection);
  } else if (verdict.outcome == Outcome::kResourceLimit) {
    json["where"] = place_json(program, verdict.rejection.pc);
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace zext::verifier
