#include "bench/core/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "rtl_sim/model/retirement.h"

namespace zext::bench {
namespace {

constexpr double kShown = 0.0005;
constexpr size_t kWorstKernels = 5;

double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double cpi_of(const KernelRun& kernel) { return ratio(kernel.cycles, kernel.instructions); }

// Of CPIs, which are ratios.
double geometric_mean(const std::vector<double>& values) {
  if (values.empty()) return 0;
  double sum = 0;
  for (const double value : values) sum += std::log(value);
  return std::exp(sum / static_cast<double>(values.size()));
}

std::vector<double> cpis(const std::vector<Run>& runs) {
  std::vector<double> values;
  values.reserve(runs.size());
  for (const Run& run : runs) values.push_back(run.cpi());
  return values;
}

std::vector<double> cpis(const std::vector<KernelRun>& kernels) {
  std::vector<double> values;
  values.reserve(kernels.size());
  for (const KernelRun& kernel : kernels) values.push_back(cpi_of(kernel));
  return values;
}

const char* cause_name(size_t cause) { return rtl_sim::name(static_cast<rtl_sim::Lost>(cause)); }

// "12.3% mispredict, 0.4% divide", the largest first.
std::string losses(const Run& run) {
  std::vector<size_t> causes;
  for (size_t i = 0; i < run.lost.size(); ++i) {
    if (ratio(run.lost[i], run.cycles) >= kShown) causes.push_back(i);
  }
  std::ranges::stable_sort(causes, std::greater{}, [&](size_t cause) { return run.lost[cause]; });
  std::string line;
  for (const size_t cause : causes) {
    line += fmt::format("{}{:.1f}% {}", line.empty() ? "" : ", ",
                        100 * ratio(run.lost[cause], run.cycles), cause_name(cause));
  }
  return line;
}

double megahertz(const std::vector<Run>& runs) {
  double cycles = 0, seconds = 0;
  for (const Run& run : runs) {
    cycles += static_cast<double>(run.simulated);
    seconds += run.seconds;
  }
  return seconds == 0 ? 0 : cycles / seconds / 1e6;
}

// All kernels in a line, and those with the highest CPI.
std::string kernel_lines(std::vector<KernelRun> kernels) {
  if (kernels.empty()) return "";
  uint64_t instructions = 0, cycles = 0;
  for (const KernelRun& kernel : kernels) {
    instructions += kernel.instructions;
    cycles += kernel.cycles;
  }
  std::ranges::sort(kernels, std::greater{}, cpi_of);
  std::string worst;
  for (size_t i = 0; i < std::min(kWorstKernels, kernels.size()); ++i) {
    worst += fmt::format("{} {} {:.2f}", i == 0 ? "" : ",", kernels[i].name, cpi_of(kernels[i]));
  }
  return fmt::format(
      "JIT's code, {} kernels: CPI {:.3f} (geometric mean), {:.3f} (all cycles); the highest:{}\n",
      kernels.size(), geometric_mean(cpis(kernels)), ratio(cycles, instructions), worst);
}

}  // namespace

std::string text(const PresetFigures& figures) {
  std::string out =
      fmt::format("preset {}\n{:<14}{:>13}{:>12}{:>8}{:>8}   cycles lost to\n", figures.preset,
                  "program", "instructions", "cycles", "CPI", "paired");
  for (const Run& run : figures.runs) {
    std::string line =
        fmt::format("{:<14}{:>13}{:>12}{:>8.3f}{:>7.1f}%   {}", run.name, run.instructions,
                    run.cycles, run.cpi(), 100 * ratio(run.pairs(), run.cycles), losses(run));
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  out += fmt::format("{:<39}{:>8.3f}\n", "geometric mean", geometric_mean(cpis(figures.runs)));
  out += kernel_lines(figures.kernels);
  out += fmt::format("simulated at {:.2f} MHz\n", megahertz(figures.runs));
  return out;
}

nlohmann::json json(const PresetFigures& figures) {
  nlohmann::json programs = nlohmann::json::array();
  for (const Run& run : figures.runs) {
    nlohmann::json lost = nlohmann::json::object();
    for (size_t i = 0; i < run.lost.size(); ++i) {
      if (run.lost[i] != 0) lost[cause_name(i)] = run.lost[i];
    }
    programs.push_back({{"name", run.name},
                        {"instructions", run.instructions},
                        {"cycles", run.cycles},
                        {"paired", run.pairs()},
                        {"lost", lost},
                        {"seconds", run.seconds}});
  }
  nlohmann::json kernels = nlohmann::json::array();
  for (const KernelRun& kernel : figures.kernels) {
    kernels.push_back(
        {{"name", kernel.name}, {"instructions", kernel.instructions}, {"cycles", kernel.cycles}});
  }
  return {{"preset", figures.preset},
          {"programs", programs},
          {"kernels", kernels},
          {"megahertz", megahertz(figures.runs)}};
}

}  // namespace zext::bench
