#include "cli/run_elf.h"

#include <elf.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <expected>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/report.h"

namespace zext::cli {
namespace {

namespace sim = rtl_sim;
using object::Error;

std::unexpected<Error> error(std::string where, std::string what, std::string hint) {
  return std::unexpected(
      Error{.where = std::move(where), .what = std::move(what), .hint = std::move(hint)});
}

// What begins with the symbol begin_signature and ends before end_signature.
std::expected<sim::MemoryRange, Error> signature_of(const sim::Image& image,
                                                    const std::string& name) {
  const auto begin = image.symbol("begin_signature");
  const auto end = image.symbol("end_signature");
  if (!begin || !end) {
    return error(name, fmt::format("no symbol `{}_signature`", begin ? "end" : "begin"),
                 "define begin_signature and end_signature around the results, or leave "
                 "--signature out");
  }
  const sim::MemoryRange memory;
  if (*end < *begin || (*end - *begin) % sizeof(uint32_t) != 0 ||
      !memory.contains(*begin, *end - *begin)) {
    return error(name, fmt::format("signature from {:#x} to {:#x}", *begin, *end),
                 "end_signature has to come whole 32-bit words after begin_signature, in memory");
  }
  return sim::MemoryRange{.base = *begin, .size = *end - *begin};
}

// As riscv-arch-test has it: a word a line, eight hexadecimal digits.
std::string signature_text(const std::vector<uint8_t>& bytes) {
  std::string text;
  for (size_t i = 0; i + sizeof(uint32_t) <= bytes.size(); i += sizeof(uint32_t)) {
    const auto byte = [&](size_t at) { return uint32_t{bytes[i + at]} << (8 * at); };
    text += fmt::format("{:08x}\n", byte(0) | byte(1) | byte(2) | byte(3));
  }
  return text;
}

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::expected<void, Error> set_trace(const ElfRunOptions& options, ElfRun& run) {
  run.trace = options.trace;
  const std::string_view cycles = options.trace_cycles;
  if (cycles.empty()) return {};
  const size_t colon = cycles.find(':');
  const auto from = number(cycles.substr(0, colon));
  const auto to = colon == std::string_view::npos ? std::nullopt : number(cycles.substr(colon + 1));
  if (!from || !to || *from >= *to) {
    return error("--trace-cycles " + options.trace_cycles, "not a part of a run",
                 "write its first cycle and the one after its last, as 1000:2000");
  }
  run.trace_from = *from;
  run.trace_to = *to;
  return {};
}

std::expected<ElfRun, Error> prepare(Machine machine, const ElfRunOptions& options,
                                     const std::optional<SeededFault>& fault) {
  ElfRun run;
  run.max_cycles = options.max_cycles;
  run.fault = fault;
  const std::string on = std::string("--on ") + name_of(machine);
  if (machine == Machine::kInterpreter) {
    return error(on, "the interpreter runs eBPF programs only", "take rtl, qemu or lockstep");
  }
  const auto preset = sim::preset_named(options.preset);
  if (!preset) {
    return error("--preset " + options.preset, "no such preset of the core",
                 "presets: small, single, default, big");
  }
  run.preset = *preset;
  if (machine == Machine::kQemu && run.preset != sim::Preset::kDefault) {
    return error("--preset " + options.preset, "is not for " + on,
                 "take --on rtl or --on lockstep");
  }
  if (machine != Machine::kRtl && !options.trace.empty()) {
    return error("--trace " + options.trace, "is not for " + on, "take --on rtl");
  }
  if (machine == Machine::kQemu && fault) {
    return error("--fault", "is not for " + on, "take --on rtl or --on lockstep");
  }
  if (auto set = set_trace(options, run); !set) return std::unexpected(set.error());
  return run;
}

// riscv-tests' handler of traps that no test expects ors this into the number of the test.
constexpr uint64_t kUnexpectedTrap = 1337;

std::string verdict(const ElfOutcome& outcome) {
  switch (outcome.end) {
    case ElfOutcome::End::kExited:
      if (outcome.exit_code == 0) return "passed";
      if ((outcome.tohost & kUnexpectedTrap) == kUnexpectedTrap) {
        return fmt::format("failed: an unexpected trap, as riscv-tests tell one: tohost {:#x}",
                           outcome.tohost);
      }
      return fmt::format("failed: test {}", outcome.exit_code);
    case ElfOutcome::End::kUnserved:
      return fmt::format("failed: it asks the host for something that is not served: tohost {:#x}",
                         outcome.tohost);
    case ElfOutcome::End::kHang:
      return "failed: " + outcome.report;
    case ElfOutcome::End::kDiverged:
      return "diverged: " + outcome.report;
  }
  return "";
}

const char* word_for(const ElfOutcome& outcome) {
  switch (outcome.end) {
    case ElfOutcome::End::kExited:
      return outcome.exit_code == 0 ? "passed" : "failed";
    case ElfOutcome::End::kUnserved:
      return "unserved";
    case ElfOutcome::End::kHang:
      return "hang";
    case ElfOutcome::End::kDiverged:
      return "diverged";
  }
  return "";
}

double cpi(const ElfOutcome& outcome) {
  if (outcome.instructions == 0) return 0;
  return static_cast<double>(outcome.cycles) / static_cast<double>(outcome.instructions);
}

void print_text(const ElfOutcome& outcome, Machine machine, const ElfRunOptions& options) {
  std::string text = verdict(outcome);
  if (!text.ends_with('\n')) text += '\n';
  text += fmt::format("{} instructions on {}", outcome.instructions, name_of(machine));
  if (machine != Machine::kQemu) text += fmt::format(" ({})", options.preset);
  if (outcome.cycles != 0) {
    text += fmt::format(", {} cycles, CPI {:.3f}", outcome.cycles, cpi(outcome));
  }
  fmt::print("{}, {:.2f} s\n", text, outcome.seconds);
}

void print_as_json(const ElfOutcome& outcome, Machine machine, const ElfRunOptions& options,
                   const std::string& name, const std::string& console) {
  nlohmann::json json = {{"program", name},
                         {"machine", name_of(machine)},
                         {"outcome", word_for(outcome)},
                         {"instructions", outcome.instructions},
                         {"seconds", outcome.seconds},
                         {"console", console}};
  if (machine != Machine::kQemu) json["preset"] = options.preset;
  if (outcome.cycles != 0) json["cycles"] = outcome.cycles;
  if (outcome.end == ElfOutcome::End::kExited) json["exit_code"] = outcome.exit_code;
  if (outcome.end == ElfOutcome::End::kUnserved) json["tohost"] = outcome.tohost;
  if (!outcome.report.empty()) json["report"] = outcome.report;
  print_json(json);
}

}  // namespace

bool is_rv64_elf(std::span<const uint8_t> bytes) {
  constexpr size_t kMachineAt = offsetof(Elf64_Ehdr, e_machine);  // the same in Elf32_Ehdr
  if (bytes.size() < kMachineAt + 2 || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) {
    return false;
  }
  const unsigned first = bytes[kMachineAt], second = bytes[kMachineAt + 1];
  const bool big = bytes[EI_DATA] == ELFDATA2MSB;
  return (big ? first << 8 | second : second << 8 | first) == EM_RISCV;
}

int run_elf(const std::string& name, std::span<const uint8_t> bytes, Machine machine,
            const ElfRunOptions& options, const std::optional<SeededFault>& fault, bool json) {
  auto run = prepare(machine, options, fault);
  if (!run) return report(run.error(), json);
  const auto image = sim::load_elf(bytes);
  if (!image) {
    const sim::Error& why = image.error();
    return report({.where = name + ", " + why.where, .what = why.what, .hint = why.fix}, json);
  }
  if (!options.signature.empty()) {
    const auto range = signature_of(*image, name);
    if (!range) return report(range.error(), json);
    run->dump = *range;
  }
  std::string console;
  run->console = [&](std::string_view text) {
    console += text;
    if (!json) std::fwrite(text.data(), 1, text.size(), stdout);
  };
  const auto outcome = execute_elf(machine, *image, *run);
  if (!outcome) return report(outcome.error(), json);
  if (run->dump && outcome->end == ElfOutcome::End::kExited) {
    const std::string text = signature_text(outcome->dump);
    const int written = write_output(options.signature,
                                     {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    if (written != kAccepted) return written;
  }
  // The verdict has lines of its own, whatever the program wrote before.
  if (!json && !console.empty() && !console.ends_with('\n')) fmt::print("\n");
  if (json) {
    print_as_json(*outcome, machine, options, name, console);
  } else {
    print_text(*outcome, machine, options);
  }
  return outcome->passed() ? kAccepted : kRejected;
}

}  // namespace zext::cli
