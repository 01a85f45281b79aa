// The core's figures: what programs and the JIT's kernels cost on each preset, what cycles are lost
// to, and how fast the presets are simulated.
//
//   bazel run //bench/core:figures -- [--preset NAME]... [--no-kernels] [--json]
//   bazel run //bench/core:figures -- --elf FILE... [--iterations N] [--from SYMBOL] [--to SYMBOL]
//                                     [--per-mhz coremark|dhrystone]
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bench/core/measure.h"
#include "bench/core/programs.h"
#include "bench/core/report.h"
#include "bench/jit/kernels.h"
#include "bench/jit/measure.h"

namespace {

using namespace zext::bench;  // NOLINT(google-build-using-namespace): a program of its own
using zext::rtl_sim::Error;
using zext::rtl_sim::Preset;

struct Options {
  std::vector<std::string> presets;
  std::vector<std::string> files;  // instead of our own programs
  Part part;
  uint64_t iterations = 0;
  std::string score;
  bool no_kernels = false;
  bool json = false;
};

// Relative to where `bazel run` was called, since it changes the directory.
std::string input_path(const std::string& name) {
  const char* directory = std::getenv("BUILD_WORKING_DIRECTORY");
  return (std::filesystem::path(directory == nullptr ? "" : directory) / name).string();
}

std::expected<std::vector<Run>, Error> run_all(Preset preset, const Options& options) {
  std::vector<std::string> files;
  files.reserve(options.files.size());
  for (const std::string& file : options.files) files.push_back(input_path(file));
  if (files.empty()) {
    for (const char* program : kPrograms) files.push_back(program_file(program));
  }
  std::vector<Run> runs;
  for (const std::string& file : files) {
    auto run = run_program(preset, file, options.part);
    if (!run) return std::unexpected(run.error());
    runs.push_back(std::move(*run));
  }
  return runs;
}

std::expected<std::vector<KernelRun>, Error> run_kernels(Preset preset) {
  std::vector<KernelRun> runs;
  for (const Kernel& kernel : kernels()) {
    const auto cost = cost_on(preset, kernel, "bench/jit/");
    if (!cost) return std::unexpected(Error{cost.error().what, cost.error().where, ""});
    runs.push_back(
        {.name = kernel.name, .instructions = cost->instructions, .cycles = cost->cycles});
  }
  return runs;
}

// What it says of itself, or the whole run over the iterations that were named.
std::string score_line(const Run& run, const Options& options) {
  const bool dhrystone = options.score == "dhrystone";
  const auto own = own_count(run);
  if (options.iterations == 0 && !own) {
    return fmt::format("{}: no count behind `begin_signature`: say --iterations\n", run.name);
  }
  const Scored scored = options.iterations == 0
                            ? *own
                            : Scored{.iterations = options.iterations, .cycles = run.cycles};
  return fmt::format(
      "{}: {:.3f} {}/MHz ({} iterations, {} cycles)\n", run.name,
      score_of(dhrystone ? Score::kDhrystone : Score::kCoreMark, scored.iterations, scored.cycles),
      dhrystone ? "DMIPS" : "CoreMark", scored.iterations, scored.cycles);
}

std::expected<PresetFigures, Error> measure_preset(Preset preset, const Options& options) {
  PresetFigures figures{.preset = zext::rtl_sim::name(preset), .runs = {}};
  auto runs = run_all(preset, options);
  if (!runs) return std::unexpected(runs.error());
  figures.runs = std::move(*runs);
  if (options.no_kernels || !options.files.empty()) return figures;
  auto kernel_runs = run_kernels(preset);
  if (!kernel_runs) return std::unexpected(kernel_runs.error());
  figures.kernels = std::move(*kernel_runs);
  return figures;
}

int fail(const Error& error) {
  fmt::print(stderr, "error: {}\n", error.message());
  return 1;
}

int run(const Options& options) {
  nlohmann::json all = nlohmann::json::array();
  for (const std::string& name : options.presets) {
    const auto figures = measure_preset(*zext::rtl_sim::preset_named(name), options);
    if (!figures) return fail(figures.error());
    if (options.json) {
      all.push_back(json(*figures));
      continue;
    }
    fmt::print("{}", text(*figures));
    for (const Run& run : figures->runs) {
      if (!run.console.empty()) fmt::print("{} printed:\n{}\n", run.name, run.console);
      if (!options.score.empty()) fmt::print("{}", score_line(run, options));
    }
    fmt::print("\n");
    std::fflush(stdout);
  }
  if (options.json) fmt::print("{}\n", all.dump(2));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("What programs cost on the presets of the core, and how fast it is simulated");
  Options options;
  std::vector<std::string> presets;
  presets.reserve(zext::rtl_sim::kPresets.size());
  for (const Preset preset : zext::rtl_sim::kPresets) {
    presets.emplace_back(zext::rtl_sim::name(preset));
  }
  app.add_option("--preset", options.presets, "only these")->check(CLI::IsMember(presets));
  app.add_option("--elf", options.files, "these programs, not our own");
  app.add_option("--iterations", options.iterations, "of the program's work, for --per-mhz");
  app.add_option("--from", options.part.from, "count from this symbol on");
  app.add_option("--to", options.part.to, "and up to this one");
  app.add_option("--max-cycles", options.part.max_cycles, "give up after so many");
  app.add_option("--per-mhz", options.score, "the score of an --elf at 1 MHz")
      ->check(CLI::IsMember({"coremark", "dhrystone"}))
      ->needs("--elf");
  app.add_flag("--no-kernels", options.no_kernels, "leave out the JIT's kernels");
  app.add_flag("--json", options.json, "one JSON array on standard output");
  CLI11_PARSE(app, argc, argv);
  if (options.presets.empty()) options.presets = presets;
  return run(options);
}
