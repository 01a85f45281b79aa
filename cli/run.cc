// zext run: a verified program on a machine, its result compared with the interpreter's; or an RV64
// executable, which is not verified.

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/globals.h"
#include "cli/machines.h"
#include "cli/pipeline.h"
#include "cli/run_elf.h"
#include "cli/run_report.h"

namespace zext::cli {
namespace {

using object::Error;

struct Options {
  CommonOptions common;
  std::string machine = "lockstep";
  std::string packet;
  std::string mem;
  std::string expect;
  std::string fault;
  std::string march = kDefaultMarch;
  uint64_t max_instructions = RunLimits{}.max_instructions;
  bool unverified = false;
  bool profile = false;
  std::vector<uint32_t> probes;
  std::optional<uint64_t> blinding;
  ElfRunOptions elf;
  std::vector<std::string> given;  // of the options for one kind of program only
};

// Options that only programs of one kind have.
constexpr std::array kOnlyEbpf = {
    "--raw",    "--type",  "--program",   "--packet",           "--mem",
    "--expect", "--march", "--profile",   "--max-instructions", "--unverified",
    "--probe",  "--blind", "--blind-seed"};
constexpr std::array kOnlyElf = {"--max-cycles", "--preset", "--signature", "--trace",
                                 "--trace-cycles"};

Error bad_option(const std::string& where, const std::string& what, const std::string& hint) {
  return {.where = where, .what = what, .hint = hint};
}

std::expected<uint64_t, Error> parse_number(const std::string& option, const std::string& text) {
  size_t used = 0;
  try {
    const uint64_t value = std::stoull(text, &used, 0);
    if (used == text.size() && text[0] != '-') return value;
  } catch (const std::exception&) {
    used = 0;
  }
  return std::unexpected(
      bad_option(option + " " + text, "not a number", "write it as 18 or as 0x12"));
}

std::expected<std::optional<SeededFault>, Error> parse_fault(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const size_t colon = text.find(':');
  const auto order = parse_number("--fault", text.substr(0, colon));
  if (!order) return std::unexpected(order.error());
  if (colon == std::string::npos) return SeededFault{.order = *order, .mask = 1};
  const auto mask = parse_number("--fault", text.substr(colon + 1));
  if (!mask) return std::unexpected(mask.error());
  return SeededFault{.order = *order, .mask = *mask};
}

std::expected<std::vector<uint8_t>, Error> data_of(const Options& options) {
  if (!options.packet.empty() && !options.mem.empty()) {
    return std::unexpected(
        bad_option("--packet and --mem", "both give the program's data", "give one of them"));
  }
  if (!options.packet.empty()) return read_packet(options.packet);
  return parse_hex(options.mem);
}

// The one program to run.
std::expected<object::Program, Error> single_program(Input input) {
  if (input.object.programs.size() == 1) return std::move(input.object.programs.front());
  std::string names;
  for (const object::Program& program : input.object.programs) {
    names += (names.empty() ? "" : ", ") + program.name;
  }
  return std::unexpected(bad_option(
      input.name, fmt::format("holds {} programs", input.object.programs.size()),
      names.empty() ? "give an object with a program" : "choose one with --program: " + names));
}

// Everything that the machines need, or why there is nothing to run.
struct Job {
  object::Program program;
  object::Object object;
  ebpf::Code code;
  Setting setting;
  Machine machine = Machine::kLockstep;
  RunLimits limits;
  std::optional<uint64_t> expected;
};

std::expected<Machine, Error> machine_of(const Options& options) {
  if (const auto machine = parse_machine(options.machine)) return *machine;
  return std::unexpected(bad_option("--on " + options.machine, "no such machine",
                                    "machines: interpreter, qemu, rtl, lockstep"));
}

// That none of these options was given.
template <size_t kCount>
std::expected<void, Error> refuse(const Options& options,
                                  const std::array<const char*, kCount>& all,
                                  const std::string& what, const std::string& hint) {
  for (const char* const option : all) {
    if (std::ranges::find(options.given, option) == options.given.end()) continue;
    return std::unexpected(bad_option(option, what, hint));
  }
  return {};
}

std::expected<Job, Error> prepare(const Options& options, const std::vector<uint8_t>& bytes) {
  Job job;
  if (auto none = refuse(options, kOnlyElf, "is for RV64 executables, and this is none",
                         "leave it out, or give an ELF file for RISC-V");
      !none) {
    return std::unexpected(none.error());
  }
  const auto machine = machine_of(options);
  if (!machine) return std::unexpected(machine.error());
  job.machine = *machine;
  const auto fault = parse_fault(options.fault);
  if (!fault) return std::unexpected(fault.error());
  job.limits = {.max_instructions = options.max_instructions, .fault = *fault};
  if (!options.expect.empty()) {
    const auto expected = parse_number("--expect", options.expect);
    if (!expected) return std::unexpected(expected.error());
    job.expected = *expected;
  }
  const auto data = data_of(options);
  if (!data) return std::unexpected(data.error());
  auto input = read_input(options.common, bytes);
  if (!input) return std::unexpected(input.error());
  job.object = input->object;
  auto program = single_program(std::move(*input));
  if (!program) return std::unexpected(program.error());
  job.program = std::move(*program);
  auto code = decode(job.program);
  if (!code) return std::unexpected(code.error());
  job.code = std::move(*code);
  auto setting = make_setting(job.program.type, *data);
  if (!setting) return std::unexpected(setting.error());
  job.setting = std::move(*setting);
  const auto probes = check_probes(job.program, job.code, options.probes);
  if (!probes) return std::unexpected(probes.error());
  job.setting.probes = options.probes;
  return job;
}

int run_executable(const Options& options, const std::vector<uint8_t>& bytes) {
  const bool json = options.common.json;
  if (auto none = refuse(options, kOnlyEbpf, "is for eBPF programs, and this is an RV64 executable",
                         "leave it out");
      !none) {
    return report(none.error(), json);
  }
  const auto machine = machine_of(options);
  if (!machine) return report(machine.error(), json);
  const auto fault = parse_fault(options.fault);
  if (!fault) return report(fault.error(), json);
  return run_elf(options.common.input.file, bytes, *machine, options.elf, *fault, json);
}

int run(const Options& options) {
  const bool json = options.common.json;
  const auto bytes = read_bytes(options.common.input.file);
  if (!bytes) return report(bytes.error(), json);
  if (!options.common.input.raw && is_rv64_elf(*bytes)) return run_executable(options, *bytes);
  auto job = prepare(options, *bytes);
  if (!job) return report(job.error(), json);
  if (!options.unverified) {
    const int verdict = require_accepted(job->object, job->program, job->code, json);
    if (verdict != kAccepted) return verdict;
  }
  const auto placed = add_globals(job->setting, job->program, job->code, job->object.maps);
  if (!placed) return report(placed.error(), json);
  RunReport result = {.program = job->program,
                      .executions = {interpret(job->code, job->setting, job->limits)},
                      .regions = {},
                      .expected = job->expected,
                      .profile = options.profile,
                      .complaints = {}};
  for (const Region& region : job->setting.regions) result.regions.push_back(region.name);
  if (job->machine != Machine::kInterpreter) {
    const auto text = compile_for(job->setting, job->program, job->code, options.march,
                                  {.probes = job->setting.probes, .blinding = options.blinding});
    if (!text) return report(text.error(), json);
    auto execution = execute(job->machine, *text, job->code.size(), job->setting, job->limits);
    if (!execution) return report(execution.error(), json);
    result.executions.push_back(std::move(*execution));
  }
  judge(result);
  fmt::print("{}", json ? to_json(result, job->code) : to_text(result, job->code));
  return result.exit_code;
}

void add_elf_options(CLI::App& command, ElfRunOptions& options) {
  const std::string group = "RV64 executables";
  command
      .add_option("--max-cycles", options.max_cycles,
                  "Of the core, after which the program hangs (on qemu and in lockstep: "
                  "instructions)")
      ->capture_default_str()
      ->group(group);
  command.add_option("--preset", options.preset, "The core: small, single, default, big")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--signature", options.signature,
                  "FILE for the words from begin_signature to end_signature, in hexadecimal")
      ->group(group);
  command.add_option("--trace", options.trace, "FILE for the core's waveform, FST (--on rtl)")
      ->group(group);
  command
      .add_option("--trace-cycles", options.trace_cycles,
                  "FROM:TO, the cycles that the waveform shows")
      ->group(group);
}

}  // namespace

void add_run_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "run",
      "Verify a program, run it, and compare the machine with the interpreter; or run an RV64 "
      "executable");
  add_common_options(*command, options->common);
  command
      ->add_option("--on", options->machine,
                   "interpreter, qemu, rtl (our core under Verilator), or lockstep (the core and "
                   "QEMU, compared at every retired instruction)")
      ->capture_default_str();
  command->add_option("--packet", options->packet,
                      "The packet: a file of bytes, or of hexadecimal text if it ends in .hex");
  command->add_option("--mem", options->mem,
                      "The bytes of a plain_memory program's buffer, in hexadecimal");
  command->add_option("--expect", options->expect, "What r0 must be; anything else exits with 1");
  command->add_option("--max-instructions", options->max_instructions, "Budget of the run")
      ->capture_default_str();
  command->add_option("--march", options->march, "RV64 extensions the code may use")
      ->capture_default_str();
  command->add_option("--fault", options->fault,
                      "ORDER[:MASK]: flip bits in the core's ALU result of the instruction retired "
                      "as number ORDER, to see lockstep find it");
  command->add_flag("--unverified", options->unverified, "Run a program the verifier rejects");
  command->add_flag("--profile", options->profile, "Show each eBPF instruction's cycles");
  add_probe_option(*command, options->probes);
  add_blinding_options(*command, options->blinding);
  add_elf_options(*command, options->elf);
  command->callback([options, command, &action] {
    for (const auto& list : {std::span<const char* const>(kOnlyEbpf), {kOnlyElf}}) {
      std::ranges::copy_if(list, std::back_inserter(options->given),
                           [&](const char* option) { return command->count(option) != 0; });
    }
    action = [options] { return run(*options); };
  });
}

}  // namespace zext::cli
