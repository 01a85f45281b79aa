// zext jit: accepted programs as RV64 machine code, and as a listing.

#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/globals.h"
#include "cli/output.h"
#include "cli/pipeline.h"
#include "cli/placement.h"
#include "jit/elf/object_file.h"
#include "jit/listing.h"
#include "jit/march.h"

namespace zext::cli {
namespace {

struct Options {
  CommonOptions common;
  std::string output;
  std::string format = "raw";
  std::string march = kDefaultMarch;
  PlacementOptions placement;
  bool listing = false;
  bool unverified = false;
  std::vector<uint32_t> probes;
  std::optional<uint64_t> blinding;
};

// Bytes for each eBPF instruction, an LD_IMM64 counting as one.
double density(const ebpf::Code& code, const jit::Code& compiled) {
  size_t instructions = 0;
  for (uint32_t pc = 0; pc < code.size(); pc = code.next(pc)) ++instructions;
  return static_cast<double>(compiled.bytes.size()) / static_cast<double>(instructions);
}

nlohmann::json to_json(const object::Program& program, const ebpf::Code& code,
                       const jit::Code& compiled, const Globals& globals) {
  nlohmann::json variables = nlohmann::json::array();
  for (const Region& region : globals.regions) {
    variables.push_back({{"name", region.name},
                         {"address", fmt::format("{:#x}", region.address)},
                         {"bytes", region.bytes.size()}});
  }
  nlohmann::json lines = nlohmann::json::array();
  for (const jit::LineEntry& line : compiled.lines) {
    nlohmann::json entry = {{"offset", line.offset}};
    if (line.pc == jit::LineEntry::kPrologue) {
      entry["part"] = "prologue";
    } else if (line.pc == jit::LineEntry::kEpilogue) {
      entry["part"] = "epilogue";
    } else {
      entry["pc"] = line.pc;
    }
    lines.push_back(std::move(entry));
  }
  nlohmann::json exceptions = nlohmann::json::array();
  for (const jit::Exception& exception : compiled.exceptions) {
    exceptions.push_back({{"offset", exception.offset},
                          {"resume", exception.resume},
                          {"register", rv64::kRegisterNames[exception.reg]},
                          {"dst", exception.dst}});
  }
  return {{"program", program.name},
          {"bytes", compiled.bytes.size()},
          {"entry", compiled.entry},
          {"bytes_per_instruction", density(code, compiled)},
          {"globals", std::move(variables)},
          {"lines", std::move(lines)},
          {"exceptions", std::move(exceptions)}};
}

struct Compiled {
  const object::Program* program;
  ebpf::Code bytecode;
  jit::Code code;
  Globals globals;
};

int write(const std::vector<Compiled>& all, const Options& options) {
  if (options.output.empty()) return kAccepted;
  if (options.format == "raw") return write_output(options.output, all.front().code.bytes);
  std::vector<jit::CompiledProgram> programs;
  programs.reserve(all.size());
  for (const Compiled& each : all) programs.push_back({each.program, &each.bytecode, &each.code});
  // compile() has read it already.
  const auto extensions = jit::parse_march(options.march).value_or(jit::kRv64gc);
  const auto file = jit::object_file(programs, {.extensions = extensions});
  if (!file) return report(file.error(), options.common.json);
  return write_output(options.output, *file);
}

void show(const std::vector<Compiled>& all, const std::string& name, uint64_t text_address,
          const Options& options) {
  nlohmann::json programs = nlohmann::json::array();
  for (const auto& [program, bytecode, code, globals] : all) {
    if (options.common.json) {
      programs.push_back(to_json(*program, bytecode, code, globals));
    } else if (options.listing) {
      fmt::print("{}", jit::listing(bytecode, code,
                                    {.lines = program->lines, .text_address = text_address}));
    } else if (options.output != "-") {
      fmt::print("{}: {} bytes of RV64 code, {:.2f} for each eBPF instruction\n", program->name,
                 code.bytes.size(), density(bytecode, code));
      for (const Region& region : globals.regions) {
        fmt::print("  {}: {} bytes at {:#x}\n", region.name, region.bytes.size(), region.address);
      }
    }
  }
  if (options.common.json) print_json({{"file", name}, {"programs", std::move(programs)}});
}

// Slots are of one program, and objects have no section for what a trap handler needs.
std::optional<object::Error> misused_probes(const Options& options, size_t programs) {
  if (options.probes.empty()) return std::nullopt;
  if (options.format == "elf") {
    return object::Error{.where = "--probe and --format elf",
                         .what = "an object would not hold the exception table",
                         .hint = "take raw code, and the table from --json"};
  }
  if (programs == 1) return std::nullopt;
  return object::Error{.where = "--probe",
                       .what = fmt::format("slots of one of {} programs", programs),
                       .hint = "choose it with --program"};
}

int run(const Options& options) {
  const bool json = options.common.json;
  const bool elf = options.format == "elf";
  const auto placement = parse(options.placement, elf);
  if (!placement) return report(placement.error(), json);
  const auto input = read_input(options.common);
  if (!input) return report(input.error(), json);
  const size_t count = input->object.programs.size();
  if (count != 1 && !options.output.empty() && !elf) {
    return report({.where = input->name,
                   .what = fmt::format("holds {} programs, and raw code is of one", count),
                   .hint = "choose one with --program, or --format elf for all"},
                  json);
  }
  if (const auto error = misused_probes(options, count)) return report(*error, json);
  std::vector<Compiled> all;
  for (const object::Program& program : input->object.programs) {
    auto code = decode(program);
    if (!code) return report(code.error(), json);
    if (!options.unverified) {
      const int verdict = require_accepted(input->object, program, *code, json);
      if (verdict != kAccepted) return verdict;
    }
    const auto probes = check_probes(program, *code, options.probes);
    if (!probes) return report(probes.error(), json);
    // Fixed addresses mean nothing to a linker: there a program with variables is refused.
    std::expected<Globals, object::Error> globals = Globals{};
    if (!elf) globals = place_globals(program, *code, input->object.maps);
    if (!globals) return report(globals.error(), json);
    auto compiled =
        compile_at(*placement, program, *code, options.march, globals->maps,
                   {.probes = options.probes, .blinding = options.blinding, .relocatable = elf});
    if (!compiled) return report(compiled.error(), json);
    all.push_back({&program, std::move(*code), std::move(*compiled), std::move(*globals)});
  }
  const int written = write(all, options);
  if (written != kAccepted) return written;
  show(all, input->name, placement->text_address.value_or(0), options);
  return kAccepted;
}

}  // namespace

void add_jit_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("jit", "Compile accepted programs to RV64 machine code");
  add_common_options(*command, options->common);
  command->add_option("-o,--output", options->output,
                      "Where the machine code goes (- for standard output)");
  command->add_option("--format", options->format, "The output is bare code or an object file")
      ->check(CLI::IsMember({"raw", "elf"}))
      ->capture_default_str();
  command->add_option("--march", options->march, "RV64 extensions the code may use")
      ->capture_default_str();
  add_placement_options(*command, options->placement);
  command->add_flag("--listing", options->listing, "Show C, eBPF and RV64 interleaved");
  command->add_flag("--unverified", options->unverified, "Compile a program the verifier rejects");
  add_probe_option(*command, options->probes);
  add_blinding_options(*command, options->blinding);
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace zext::cli
