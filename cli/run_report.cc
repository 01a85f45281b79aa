#include "cli/run_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "isa/ebpf/disasm.h"

namespace zext::cli {
namespace {

const char* name_of(Execution::End end) {
  switch (end) {
    case Execution::End::kReturned:
      return "returned";
    case Execution::End::kFaulted:
      return "faulted";
    case Execution::End::kDiverged:
      return "diverged";
    case Execution::End::kLimit:
      return "limit";
  }
  return "";
}

void complain(RunReport& report, int exit_code, std::string what) {
  // A limit is weaker news than a wrong result.
  if (report.exit_code != kRejected) report.exit_code = exit_code;
  report.complaints.push_back(std::move(what));
}

void judge_end(RunReport& report, const Execution& execution) {
  if (execution.end == Execution::End::kReturned) return;
  const int code = execution.end == Execution::End::kLimit ? kResourceLimit : kRejected;
  complain(report, code,
           fmt::format("{} {}: {}", name_of(execution.machine), name_of(execution.end),
                       execution.failure));
}

void judge_result(RunReport& report, const Execution& reference, const Execution& execution) {
  if (execution.r0 != reference.r0) {
    complain(report, kRejected,
             fmt::format("r0 is {:#x} on {} but {:#x} on {}", execution.r0,
                         name_of(execution.machine), reference.r0, name_of(reference.machine)));
  }
  for (size_t i = 0; i < reference.memory.size(); ++i) {
    const auto [a, b] = std::ranges::mismatch(execution.memory[i], reference.memory[i]);
    if (a == execution.memory[i].end()) continue;
    complain(report, kRejected,
             fmt::format("byte {} of the {} is {:#04x} on {} but {:#04x} on {}",
                         a - execution.memory[i].begin(), report.regions[i], *a,
                         name_of(execution.machine), *b, name_of(reference.machine)));
  }
}

double ratio(uint64_t a, uint64_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

// Of the program's own code, without the start-up around it.
struct PerInstruction {
  double rv64 = 0;    // RV64 instructions for each eBPF instruction executed
  double cycles = 0;  // cycles for each
  double cpi = 0;     // cycles for each RV64 instruction
};

std::optional<PerInstruction> per_instruction(const RunReport& report, const Execution& execution) {
  if (!execution.profile) return std::nullopt;
  const Profile::Count& count = execution.profile->program();
  const uint64_t executed = report.executions.front().instructions;
  return PerInstruction{.rv64 = ratio(count.instructions, executed),
                        .cycles = ratio(count.cycles, executed),
                        .cpi = ratio(count.cycles, count.instructions)};
}

void add_profile(std::string& text, const RunReport& report, const Execution& execution,
                 const ebpf::Code& code) {
  text += fmt::format("\n  {:>8} {:>8}  {}\n", "cycles", "rv64", "instruction");
  const Profile& profile = *execution.profile;
  text += fmt::format("  {:>8} {:>8}  (entry and return)\n", profile.frame().cycles,
                      profile.frame().instructions);
  const object::Line* last = nullptr;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
    const object::Line* line = object::line_at(report.program, pc);
    if (line != nullptr && (last == nullptr || line->line != last->line)) {
      text += fmt::format("                     ; {}:{} {}\n", line->file, line->line, line->text);
    }
    last = line;
    text += fmt::format("  {:>8} {:>8}  {:>4}: {}\n", profile.at(pc).cycles,
                        profile.at(pc).instructions, pc, ebpf::disassemble(code.insns[pc], pc));
  }
}

}  // namespace

void judge(RunReport& report) {
  for (const Execution& execution : report.executions) judge_end(report, execution);
  const Execution& reference = report.executions.front();
  for (const Execution& execution : report.executions) {
    if (execution.end == Execution::End::kReturned && reference.end == Execution::End::kReturned) {
      judge_result(report, reference, execution);
    }
  }
  if (report.expected && reference.end == Execution::End::kReturned &&
      reference.r0 != *report.expected) {
    complain(report, kRejected,
             fmt::format("r0 is {:#x}, but --expect says {:#x}", reference.r0, *report.expected));
  }
}

std::string to_text(const RunReport& report, const ebpf::Code& code) {
  std::string text =
      fmt::format("{} ({}):\n", report.program.name, object::name_of(report.program.type));
  text += fmt::format("  {:<12} {:<20} {:>12} {:>12} {:>6}\n", "machine", "r0", "instructions",
                      "cycles", "CPI");
  for (const Execution& execution : report.executions) {
    const bool returned = execution.end == Execution::End::kReturned;
    const std::string r0 =
        returned ? fmt::format("{:#x}", execution.r0) : std::string(name_of(execution.end));
    text += fmt::format("  {:<12} {:<20} {:>12}", name_of(execution.machine), r0,
                        execution.instructions);
    if (execution.cycles != 0) {
      text += fmt::format(" {:>12} {:>6.2f}", execution.cycles,
                          ratio(execution.cycles, execution.instructions));
    }
    text += "\n";
  }
  for (const Execution& execution : report.executions) {
    if (const auto per = per_instruction(report, execution)) {
      text += fmt::format(
          "  each eBPF instruction: {:.2f} RV64 instructions, {:.2f} cycles (CPI {:.2f} within the "
          "program)\n",
          per->rv64, per->cycles, per->cpi);
    }
    if (report.profile && execution.profile) add_profile(text, report, execution, code);
  }
  for (const std::string& complaint : report.complaints) {
    text += fmt::format("  error: {}\n", complaint);
  }
  if (report.complaints.empty() && report.executions.size() > 1) {
    const bool lockstep = report.executions.back().machine == Machine::kLockstep;
    text += fmt::format("  {}r0 and memory equal the interpreter's\n",
                        lockstep ? "the core and QEMU agreed at every retired instruction; " : "");
  }
  return text;
}

std::string to_json(const RunReport& report, const ebpf::Code& code) {
  using nlohmann::json;
  json result = {{"program", report.program.name},
                 {"type", object::name_of(report.program.type)},
                 {"ok", report.complaints.empty()},
                 {"errors", report.complaints},
                 {"executions", json::array()}};
  for (const Execution& execution : report.executions) {
    json entry = {{"machine", name_of(execution.machine)},
                  {"end", name_of(execution.end)},
                  {"instructions", execution.instructions},
                  {"seconds", execution.seconds}};
    if (execution.end == Execution::End::kReturned) {
      entry["r0"] = fmt::format("{:#x}", execution.r0);
    } else {
      entry["failure"] = execution.failure;
    }
    if (execution.cycles != 0) entry["cycles"] = execution.cycles;
    if (const auto per = per_instruction(report, execution)) {
      entry["rv64_per_ebpf"] = per->rv64;
      entry["cycles_per_ebpf"] = per->cycles;
      entry["cpi"] = per->cpi;
    }
    if (report.profile && execution.profile) {
      entry["profile"] = json::array();
      for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) {
        entry["profile"].push_back({{"pc", pc},
                                    {"cycles", execution.profile->at(pc).cycles},
                                    {"instructions", execution.profile->at(pc).instructions}});
      }
    }
    result["executions"].push_back(std::move(entry));
  }
  return result.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace zext::cli
