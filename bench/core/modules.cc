// Where simulating the core spends its time, module by module.
//
//   bazel run //bench/core:modules -- [--seconds S]
//
// The presets are verilated with --prof-cfuncs, which makes a function of each process and names it
// after its source; none of them is inlined. Calling them takes time of its own, so that many small
// processes look dearer than they are in the model proper, and the speed is lower.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "bench/core/measure.h"
#include "bench/core/profile.h"
#include "bench/core/programs.h"

namespace {

using namespace zext::bench;  // NOLINT(google-build-using-namespace): a program of its own
using zext::rtl_sim::Preset;

using Shares = std::map<std::string, double>;

struct Profiled {
  Shares shares;
  double megahertz = 0;
};

// Runs all programs, over and over for so long.
std::expected<Profiled, zext::rtl_sim::Error> profile(Preset preset, double seconds) {
  Profiled result;
  double simulated = 0, spent = 0;
  Profile sampling;
  while (spent < seconds) {
    for (const char* program : kPrograms) {
      const auto run = run_program(preset, program_file(program), {});
      if (!run) return std::unexpected(run.error());
      simulated += static_cast<double>(run->simulated);
      spent += run->seconds;
    }
  }
  result.shares = module_shares(sampling.stop(), Functions::own());
  result.megahertz = simulated / spent / 1e6;
  return result;
}

void print(const std::map<Preset, Profiled>& profiles) {
  std::map<std::string, double> totals;
  std::string head = fmt::format("{:<16}", "share of time");
  std::string speed = fmt::format("{:<16}", "MHz, profiled");
  for (const auto& [preset, profiled] : profiles) {
    head += fmt::format("{:>9}", zext::rtl_sim::name(preset));
    speed += fmt::format("{:>9.2f}", profiled.megahertz);
    for (const auto& [module, share] : profiled.shares) totals[module] += share;
  }
  std::vector<std::string> modules;
  modules.reserve(totals.size());
  for (const auto& [module, total] : totals) modules.push_back(module);
  std::ranges::stable_sort(modules, std::greater{},
                           [&](const std::string& module) { return totals[module]; });
  fmt::print("{}\n", head);
  for (const std::string& module : modules) {
    std::string line = fmt::format("{:<16}", module);
    for (const auto& [preset, profiled] : profiles) {
      const auto share = profiled.shares.find(module);
      line += share == profiled.shares.end() ? fmt::format("{:>9}", "-")
                                             : fmt::format("{:>8.1f}%", 100 * share->second);
    }
    fmt::print("{}\n", line);
  }
  fmt::print("{}\n", speed);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The share of each module of the core in the time that simulating it takes");
  double seconds = 10;
  app.add_option("--seconds", seconds, "for each preset")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  std::map<Preset, Profiled> profiles;
  for (const Preset preset : zext::rtl_sim::kPresets) {
    if (!zext::rtl_sim::is_linked(preset)) continue;
    auto profiled = profile(preset, seconds);
    if (!profiled) {
      fmt::print(stderr, "error: {}\n", profiled.error().message());
      return 1;
    }
    profiles[preset] = std::move(*profiled);
  }
  print(profiles);
  return 0;
}
