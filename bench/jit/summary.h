// What the kernels' figures say together: geometric means, shares of work, and where it is lost.
//
//   Summary summary = summarize(figures);
//   fmt::print("{}{}", table(figures), text(summary));
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bench/jit/measure.h"
#include "bench/jit/scaling.h"
#include "bench/jit/work.h"

namespace zext::bench {

// The targets of the baseline tier.
inline constexpr double kTargetInstructions = 1.40;  // times clang's
inline constexpr double kTargetBytes = 3.4;          // for an eBPF instruction
inline constexpr double kTargetCompileRate = 10e6;   // eBPF instructions a second

// Geometric means over the kernels, but for `bytes` and `compile_rate`: totals over totals.
struct Summary {
  double ours_clang = 0;      // dynamic instructions
  double ours_clang_b = 0;    // both with Zba, Zbb and Zbs
  double ours_gcc = 0;        //
  double ours_gcc_b = 0;      //
  double cycles_clang = 0;    // cycles on our core
  double cycles_clang_b = 0;  //
  double rv64_ebpf = 0;       // RV64 instructions for each eBPF instruction executed
  double rv64_ebpf_b = 0;     //
  double bytes = 0;           // of code for an eBPF instruction
  double bytes_b = 0;         //
  double bytes_clang = 0;     // likewise, clang's code
  double compile_rate = 0;    // eBPF instructions compiled in a second
  // Instructions of each kind for an eBPF instruction executed: the mean over the kernels.
  std::array<std::array<double, kWorkCount>, kVariantCount> work = {};
  // eBPF instructions by the RV64 instructions beyond one each that they took, in parts of all RV64
  // instructions: the mean over the kernels, largest first.
  std::vector<std::pair<std::string, double>> excess;
  std::vector<ScalingPoint> scaling = {};  // summarize() leaves it empty
};

// At least one kernel.
Summary summarize(std::span<const Figures> figures);

double geometric_mean(std::span<const double> values);

// A line a kernel, for people.
std::string table(std::span<const Figures> figures);
// The summary, for people.
std::string text(const Summary& summary);
nlohmann::json json(std::span<const Figures> figures, const Summary& summary);
// Bars of dynamic instructions, ours over clang's, as an SVG file.
std::string plot(std::span<const Figures> figures, const Summary& summary);

}  // namespace zext::bench
